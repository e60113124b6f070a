package dev.graft.serve;

import dev.graft.GraftException;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HttpResponseException;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.function.IntSupplier;

/** Counts and times of requests, in Prometheus's names and text format. */
final class Metrics {
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Counter requests =
      Counter.builder()
          .name("graft_requests_total")
          .help("Requests for predictions and heat maps, by status of the answer.")
          .labelNames("status")
          .register(registry);
  private final Histogram seconds =
      Histogram.builder()
          .name("graft_prediction_seconds")
          .help("Seconds from the arrival of a request to its answer, if that was 200.")
          .classicOnly()
          .classicUpperBounds(.005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30)
          .register(registry);

  Metrics(IntSupplier queue, IntSupplier inProgress) {
    gauge("graft_queue_images", "Images waiting for the network.", queue);
    gauge("graft_in_progress_images", "Images being read, waiting or computed.", inProgress);
    Runtime machine = Runtime.getRuntime();
    GaugeWithCallback.builder()
        .name("jvm_memory_used_bytes")
        .help("Used bytes of the heap.")
        .callback(to -> to.call((double) (machine.totalMemory() - machine.freeMemory())))
        .register(registry);
  }

  private void gauge(String name, String help, IntSupplier value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .callback(to -> to.call(value.getAsInt()))
        .register(registry);
  }

  /** Wraps a handler so that its requests are counted and timed. */
  Handler of(Handler handler) {
    return context -> {
      long start = System.nanoTime();
      int status = 500;
      try {
        handler.handle(context);
        status = 200;
      } catch (HttpResponseException e) {
        status = e.getStatus();
        throw e;
      } catch (GraftException e) {
        status = 422;
        throw e;
      } catch (OutOfMemoryError e) {
        status = 503;
        throw Predictions.outOfMemory();
      } finally {
        requests.labelValues(Integer.toString(status)).inc();
        if (status == 200) {
          seconds.observe((System.nanoTime() - start) / 1e9);
        }
      }
    };
  }

  /** Answers with all metrics. */
  void write(Context context) throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    PrometheusTextFormatWriter.create().write(text, registry.scrape());
    context.contentType(PrometheusTextFormatWriter.CONTENT_TYPE).result(text.toByteArray());
  }
}
