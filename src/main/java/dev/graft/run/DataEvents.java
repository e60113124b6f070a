package dev.graft.run;

import dev.graft.data.DataSet;
import dev.graft.data.Quarantine;
import dev.graft.data.Split;
import dev.graft.data.duplicates.Survey;
import java.nio.file.Path;
import java.util.List;

/** Who is told what is found in data. */
public interface DataEvents {
  /** The data has been listed. */
  default void opened(DataSet data) {}

  /** Identical pictures have been looked for. */
  default void identical(Survey survey) {}

  /** All pictures have been read that can be. */
  default void quarantine(Quarantine quarantine) {}

  /** Pictures that are nearly the same have been looked for. */
  default void near(Survey survey) {}

  /** The pictures have been split. */
  default void split(DataSet data, Split split) {}

  /** A run's own test pictures were looked for, and some of them are lost. */
  default void lost(List<Path> pictures) {}
}
