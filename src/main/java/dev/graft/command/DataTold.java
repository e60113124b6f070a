package dev.graft.command;

import dev.graft.Console;
import dev.graft.Names;
import dev.graft.Reason;
import dev.graft.data.DataSet;
import dev.graft.data.Quarantine;
import dev.graft.data.Split;
import dev.graft.data.duplicates.Survey;
import dev.graft.run.DataEvents;
import java.nio.file.Path;
import java.util.List;

/** Says on the way what is found in data. */
record DataTold(Console console) implements DataEvents {
  @Override
  public void opened(DataSet data) {
    console.sayAll(SurveyLines.classes(data));
  }

  @Override
  public void identical(Survey survey) {
    console.sayAll(SurveyLines.identical(survey));
  }

  @Override
  public void quarantine(Quarantine quarantine) {
    console.sayAll(SurveyLines.quarantine(quarantine));
  }

  @Override
  public void near(Survey survey) {
    console.sayAll(SurveyLines.near(survey));
  }

  @Override
  public void split(DataSet data, Split split) {
    console.sayAll(SplitLines.of(data, split));
  }

  @Override
  public void lost(List<Path> pictures) {
    console.say(
        Names.count(pictures.size(), "test picture")
            + " of the run can't be judged, being gone, unreadable or of another class now: "
            + Reason.line(Names.few(pictures.stream().map(Path::toString).toList())));
  }
}
