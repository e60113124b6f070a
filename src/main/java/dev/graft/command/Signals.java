package dev.graft.command;

import dev.graft.run.RunInterruption;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Handles the signals that end a program: the first lets a job save what it has, the second ends
 * the process at once.
 *
 * <p>A shutdown hook could not do that: while hooks run, the JVM ignores further signals, and no
 * new handler can be registered. {@code sun.misc.Signal}, which every JDK exports, is called by
 * reflection, so that without it (and with {@code -Xrs}) signals end the process as they always do.
 */
public final class Signals {
  private static final List<String> NAMES = List.of("INT", "TERM", "HUP");

  /**
   * The exit code that shells report for a program that a signal ended, minus the signal's number.
   */
  private static final int EXIT_CODE = 128;

  private final RunInterruption interruption;
  private final IntConsumer exit;
  private volatile int received;

  Signals(RunInterruption interruption, IntConsumer exit) {
    this.interruption = interruption;
    this.exit = exit;
  }

  /**
   * Starts to handle signals.
   *
   * @param exit ends the process with a code
   */
  public static Signals passTo(RunInterruption interruption, IntConsumer exit) {
    Signals signals = new Signals(interruption, exit);
    NAMES.forEach(signals::handle);
    return signals;
  }

  /**
   * Returns the exit code of the process: that of the signal if there was one, unless the command
   * did all of its work nevertheless.
   *
   * @param code of the command; 0 if it did all of its work
   */
  public int exitCode(int code) {
    return code == 0 || received == 0 ? code : EXIT_CODE + received;
  }

  private void handle(String name) {
    try {
      Class<?> type = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Object signal = type.getConstructor(String.class).newInstance(name);
      int number = (int) type.getMethod("getNumber").invoke(signal);
      InvocationHandler handler =
          (proxy, method, arguments) -> {
            if (method.getName().equals("handle")) {
              receive(number);
            }
            return null;
          };
      type.getMethod("handle", type, handlerType)
          .invoke(
              null,
              signal,
              Proxy.newProxyInstance(
                  Signals.class.getClassLoader(), new Class<?>[] {handlerType}, handler));
    } catch (InvocationTargetException e) {
      return; // this system has no such signal, or the JVM leaves it alone
    } catch (ReflectiveOperationException e) {
      return; // this JDK has no such class
    }
  }

  /** Handles a signal, on a thread of its own. */
  void receive(int number) {
    received = number;
    if (!interruption.stop()) {
      exit.accept(EXIT_CODE + number);
    }
  }
}
