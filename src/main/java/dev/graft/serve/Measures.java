package dev.graft.serve;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.IntSupplier;

/** What a server counts, in Prometheus's names and text format. */
final class Measures {
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Counter requests =
      Counter.builder()
          .name("graft_requests_total")
          .help("Requests for predictions and heat maps, by the status of their answer.")
          .labelNames("status")
          .register(registry);
  private final Histogram seconds =
      Histogram.builder()
          .name("graft_prediction_seconds")
          .help("Seconds from a request's arrival to its answer, where it was 200.")
          .classicOnly()
          .classicUpperBounds(.005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30)
          .register(registry);

  Measures(IntSupplier queue, IntSupplier underWay) {
    gauge("graft_queue_pictures", "Pictures that wait for the network.", queue);
    gauge("graft_under_way_pictures", "Pictures whose answer is not out yet.", underWay);
    Runtime machine = Runtime.getRuntime();
    GaugeWithCallback.builder()
        .name("jvm_memory_used_bytes")
        .help("Bytes of the heap in use.")
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

  /** Counts an answer to a request for predictions. */
  void answered(int status, double took) {
    requests.labelValues(Integer.toString(status)).inc();
    if (status == 200) {
      seconds.observe(took);
    }
  }

  /** All of it. */
  String text() {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try {
      PrometheusTextFormatWriter.create().write(text, registry.scrape());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString(StandardCharsets.UTF_8);
  }
}
