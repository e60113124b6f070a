package dev.graft.spark;

import dev.graft.util.Progress;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.util.LongAccumulator;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Shows the number of finished images, including those of running tasks, whose counts arrive with
 * the executors' heartbeats every 10 seconds.
 */
final class TaskProgress extends SparkListener implements AutoCloseable {
  private final SparkContext context;
  private final Progress progress;
  private final LongAccumulator counter;

  /** The count of each task, without failed tasks. */
  private final Map<Long, Long> byTask = new HashMap<>();

  private long done;

  /**
   * Starts to listen.
   *
   * @param context that runs the tasks
   * @param progress closed together with this object
   */
  TaskProgress(SparkContext context, Progress progress) {
    this.context = context;
    this.progress = progress;
    counter = context.longAccumulator();
    context.addSparkListener(this);
  }

  /** Returns the counter that tasks increment. */
  LongAccumulator counter() {
    return counter;
  }

  @Override
  public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate heartbeat) {
    CollectionConverters.asJava(heartbeat.accumUpdates())
        .forEach(
            task ->
                CollectionConverters.asJava(task._4())
                    .forEach(each -> take((Long) task._1(), each)));
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd task) {
    long id = task.taskInfo().taskId();
    if (task.taskInfo().successful()) {
      CollectionConverters.asJava(task.taskInfo().accumulables()).forEach(each -> take(id, each));
    } else {
      done -= byTask.getOrDefault(id, 0L);
      byTask.remove(id);
    }
  }

  private void take(long task, AccumulableInfo update) {
    if (update.id() == counter.id() && update.update().isDefined()) {
      long count = ((Number) update.update().get()).longValue();
      done += count - byTask.getOrDefault(task, 0L);
      byTask.put(task, count);
      progress.stepTo(done);
    }
  }

  @Override
  public void close() {
    context.removeSparkListener(this);
    progress.close();
  }
}
