package dev.graft.studio;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.io.AtomicFiles;
import dev.graft.studio.Refusal.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The changes that can be undone and redone, in a file with one line per event. A change is written
 * before it is made and marked when it is complete, so that a change that a dying process left
 * half-made is completed when the folder is opened again. Not thread-safe.
 */
final class Journal implements AutoCloseable {
  /** Maximum number of changes that can be undone. */
  private static final int MAX_CHANGES = 20_000;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final Path file;
  private final Deque<Change> done = new ArrayDeque<>();
  private final Deque<Change> undone = new ArrayDeque<>();
  private FileChannel channel;

  /**
   * A change.
   *
   * @param kind for the page: {@code add}, {@code move}, {@code delete}, {@code class}, …
   * @param group changes of one group are undone together; {@code null} for none
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Change(String kind, String group, List<UndoStep> steps) {
    Change {
      steps = List.copyOf(steps);
    }
  }

  private enum Event {
    /** A change is made. */
    DO,
    UNDO,
    REDO,
    /** The last event's change is complete. */
    COMPLETE
  }

  /**
   * A line of the file.
   *
   * @param change of {@link Event#DO}
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Line(Event event, Change change) {}

  /**
   * Opens a folder's journal, and completes the last change if it was not completed.
   *
   * @param folder that paths are relative to
   * @param file may be missing; lines that a dying process left half-written are dropped
   */
  Journal(Path folder, Path file) throws IOException {
    this.folder = folder;
    this.file = file;
    Event pending = read();
    if (pending != null) {
      complete(pending);
    }
    rewrite();
  }

  /** Returns the last event, if it is not complete. */
  private Event read() throws IOException {
    Event pending = null;
    if (!Files.isRegularFile(file)) {
      return null;
    }
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    for (String each : text.split("\n", -1)) {
      Line line;
      try {
        line = each.isBlank() ? null : JSON.readValue(each, Line.class);
      } catch (JsonProcessingException e) {
        continue; // half-written, so its change was not begun; or not written by a studio
      }
      if (line == null
          || line.event() == null
          || (line.event() == Event.DO && line.change() == null)) {
        continue;
      }
      switch (line.event()) {
        case DO -> {
          done.push(line.change());
          undone.clear();
        }
        case UNDO -> shift(done, undone);
        case REDO -> shift(undone, done);
        case COMPLETE -> {}
      }
      pending = line.event() == Event.COMPLETE ? null : line.event();
    }
    return pending;
  }

  private static void shift(Deque<Change> from, Deque<Change> to) {
    if (!from.isEmpty()) {
      to.push(from.pop());
    }
  }

  private void complete(Event event) {
    boolean forward = event != Event.UNDO;
    Change change = (forward ? done : undone).peek();
    for (UndoStep step : change == null ? List.<UndoStep>of() : inOrder(change, forward)) {
      try {
        if (step.isApplied(folder) != forward) {
          run(step, forward);
        }
      } catch (IOException | Refusal e) {
        return; // what can't be completed stays as it is; every image is still a file
      }
    }
  }

  private static List<UndoStep> inOrder(Change change, boolean forward) {
    List<UndoStep> steps = new ArrayList<>(change.steps());
    if (!forward) {
      Collections.reverse(steps);
    }
    return steps;
  }

  private void run(UndoStep step, boolean forward) throws IOException {
    if (forward) {
      step.apply(folder);
    } else {
      step.revert(folder);
    }
  }

  /** Writes the file anew, without what can no longer be undone. */
  private void rewrite() throws IOException {
    while (done.size() > MAX_CHANGES) {
      done.removeLast();
    }
    StringBuilder lines = new StringBuilder();
    List<Change> oldestFirst = new ArrayList<>(done);
    Collections.reverse(oldestFirst);
    oldestFirst.addAll(undone); // the next to redo was made first
    for (Change change : oldestFirst) {
      lines.append(line(new Line(Event.DO, change)));
    }
    lines.append(line(new Line(Event.UNDO, null)).repeat(undone.size()));
    lines.append(line(new Line(Event.COMPLETE, null)));
    AtomicFiles.write(file, lines.toString());
    close();
    channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }

  private static String line(Line line) {
    try {
      return JSON.writeValueAsString(line) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private void append(String lines) throws IOException {
    long before = channel.size();
    try {
      AtomicFiles.writeFully(channel, ByteBuffer.wrap(lines.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      channel.truncate(before); // a full disk must not leave half a line before the next one
      throw e;
    }
  }

  /**
   * Makes a change.
   *
   * @throws Refusal if another program has changed the folder; then nothing is changed
   */
  void make(Change change) throws IOException {
    run(Event.DO, change);
    done.push(change);
    undone.clear();
  }

  /** Records a change that has been made. */
  void made(Change change) throws IOException {
    append(line(new Line(Event.DO, change)) + line(new Line(Event.COMPLETE, null)));
    done.push(change);
    undone.clear();
  }

  /** Writes an event and runs the steps of its change; all, or none. */
  private void run(Event event, Change change) throws IOException {
    boolean forward = event != Event.UNDO;
    long before = channel.size();
    List<UndoStep> ran = new ArrayList<>();
    try {
      append(line(new Line(event, event == Event.DO ? change : null)));
      for (UndoStep step : inOrder(change, forward)) {
        run(step, forward);
        ran.add(0, step);
      }
      append(line(new Line(Event.COMPLETE, null)));
    } catch (IOException | RuntimeException e) {
      for (UndoStep step : ran) {
        try {
          run(step, !forward);
        } catch (IOException | RuntimeException second) {
          e.addSuppressed(second);
        }
      }
      channel.truncate(before); // needs no disk space, unlike another line
      throw e;
    }
  }

  /**
   * Undoes the last change, with all changes of its group.
   *
   * @return the last change
   * @throws Refusal if there is none, or if another program has changed the folder; then nothing is
   *     changed
   */
  Change undo() throws IOException {
    return shift(done, undone, Event.UNDO);
  }

  /** Redoes the last change that was undone, with all changes of its group. */
  Change redo() throws IOException {
    return shift(undone, done, Event.REDO);
  }

  private Change shift(Deque<Change> from, Deque<Change> to, Event event) throws IOException {
    Change first = from.peek();
    if (first == null) {
      throw new Refusal(Reason.NOTHING_TO_UNDO);
    }
    do {
      Change change = from.peek();
      try {
        run(event, change);
      } catch (Refusal e) {
        if (e.reason() == Reason.FOLDER_CHANGED_GONE) {
          forget(change::equals, change::equals); // it can never succeed
        }
        throw e;
      }
      shift(from, to);
    } while (isOfGroup(from.peek(), first));
    return first;
  }

  private static boolean isOfGroup(Change next, Change first) {
    return next != null && first.group() != null && first.group().equals(next.group());
  }

  /** Returns the last change, which {@link #undo} would undo. */
  Optional<Change> last() {
    return Optional.ofNullable(done.peek());
  }

  /** Returns the change that {@link #redo} would redo. */
  Optional<Change> next() {
    return Optional.ofNullable(undone.peek());
  }

  /** Forgets changes that can't be undone or redone any more. */
  void forget(Predicate<Change> undoable, Predicate<Change> redoable) throws IOException {
    List<Change> doneBefore = List.copyOf(done);
    List<Change> undoneBefore = List.copyOf(undone);
    done.removeIf(undoable);
    undone.removeIf(redoable);
    try {
      rewrite();
    } catch (IOException e) { // the file is unchanged, so the lists must be, too
      done.clear();
      done.addAll(doneBefore);
      undone.clear();
      undone.addAll(undoneBefore);
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
