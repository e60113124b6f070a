package dev.graft.command;

import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Help whose descriptions wrap at spaces only; picocli's also wrap within paths and settings. */
final class SpaceWrappedHelp extends Help {
  SpaceWrappedHelp(CommandSpec command, ColorScheme colors) {
    super(command, colors);
  }

  @Override
  public Layout createDefaultLayout(
      List<OptionSpec> options, List<PositionalParamSpec> parameters, ColorScheme colors) {
    Layout wrapped = super.createDefaultLayout(options, parameters, colors);
    return new Layout(
        colors,
        new Table(colors, wrapped.textTable().columns()),
        createDefaultOptionRenderer(),
        createDefaultParameterRenderer());
  }

  /** Gives each line of the last column a row of its own. */
  private static final class Table extends TextTable {
    private static final String INDENT = "  ";

    private final ColorScheme colors;

    Table(ColorScheme colors, Column... columns) {
      super(colors, columns);
      this.colors = colors;
    }

    @Override
    public void addRowValues(Text... values) {
      Text[] row = values.clone();
      int last = row.length - 1;
      Text rest = row[last];
      for (int end = end(rest); end > 0; end = end(rest)) {
        row[last] = rest.substring(0, end);
        super.addRowValues(row);
        Arrays.fill(row, colors.text(""));
        rest = colors.text(INDENT).concat(rest.substring(end + 1));
      }
      row[last] = rest;
      super.addRowValues(row);
    }

    /** Returns the space at which a line ends; 0 if the text fits, or has no space. */
    private int end(Text text) {
      Column column = columns()[columns().length - 1];
      int width = column.width - column.indent;
      String plain = text.plainString();
      int space = plain.lastIndexOf(' ', width);
      return plain.length() <= width || space < INDENT.length() ? 0 : space;
    }
  }
}
