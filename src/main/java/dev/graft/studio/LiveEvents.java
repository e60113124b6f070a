package dev.graft.studio;

import dev.graft.studio.Refusal.Reason;
import io.javalin.http.sse.SseClient;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/** Sends the state to all open pages, as server-sent events, at most a few times per second. */
final class LiveEvents implements AutoCloseable {
  private static final int MAX_PAGES = 32;

  private static final long INTERVAL_MILLIS = 150;

  /** Time between two heartbeats; a silent connection would be closed after 20 seconds. */
  private static final long HEARTBEAT = TimeUnit.SECONDS.toNanos(8);

  private final Set<SseClient> pages = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean changed = new AtomicBoolean();
  private final Supplier<Object> state;
  private final ScheduledExecutorService sender =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "graft-studio-events");
            thread.setDaemon(true);
            return thread;
          });
  private long lastSent = System.nanoTime();

  LiveEvents(Supplier<Object> state) {
    this.state = state;
    var unused =
        sender.scheduleWithFixedDelay(
            this::send, INTERVAL_MILLIS, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Announces a change; the state is sent soon. */
  void changed() {
    changed.set(true);
  }

  /** Refuses a page if too many are open. */
  void requireCapacity() {
    pages.removeIf(SseClient::terminated);
    if (pages.size() >= MAX_PAGES) {
      throw new Refusal(Reason.TOO_MANY_PAGES);
    }
  }

  /** Adds a page, which receives the state at once. */
  void add(SseClient page) {
    page.keepAlive();
    page.onClose(() -> pages.remove(page));
    page.sendEvent("state", state.get());
    pages.add(page);
  }

  private void send() {
    try {
      boolean due = System.nanoTime() - lastSent > HEARTBEAT;
      boolean news = changed.getAndSet(false);
      if ((!news && !due) || pages.isEmpty()) {
        return;
      }
      Object now = news ? state.get() : null;
      pages.removeIf(SseClient::terminated);
      for (SseClient page : pages) {
        if (news) {
          page.sendEvent("state", now);
        } else {
          page.sendComment("alive");
        }
      }
      lastSent = System.nanoTime();
    } catch (RuntimeException e) {
      changed.set(true); // the folder could not be read; tried again
    }
  }

  @Override
  public void close() {
    sender.shutdownNow();
    pages.forEach(SseClient::close);
  }
}
