package dev.graft.serve;

import static dev.graft.serve.Requests.send;
import static dev.graft.serve.Requests.status;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.inference.FakeModel;
import dev.graft.inference.ModelRunner;
import dev.graft.serve.ServeSettings.Access;
import dev.graft.serve.ServeSettings.RequestLimits;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images that are unlike the training images. */
class RejectTest {
  private static ModelRunner model(double typicality) {
    return new FakeModel("cat", "dog").withTypicality(typicality).classifier();
  }

  private static Server server(ModelRunner model, OptionalDouble reject) {
    ServeSettings settings =
        new ServeSettings("127.0.0.1", 0, RequestLimits.DEFAULT, Access.OWN_PAGE, reject);
    return Requests.server(settings, model, path -> null);
  }

  private static String predict(Server server, String query) throws Exception {
    return send(server, Requests.png(), "POST /predictions/model" + query);
  }

  @Test
  void aRequestRejectsByItsOwnShare() throws Exception {
    try (Server server = server(model(.04), OptionalDouble.empty())) {
      assertThat(predict(server, "")).contains("Typicality: 0.04").contains("\"cat\"");
      assertThat(predict(server, "?reject=0.05")).contains("Typicality: 0.04").endsWith("\r\n[]");
      assertThat(predict(server, "?reject=0.04")).contains("\"cat\"");
      assertThat(send(server, "GET /models"))
          .contains("\"typicality\":true")
          .doesNotContain("reject");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-0.1", "1.1", "much", "NaN", ""})
  void aShareIsFrom0To1(String share) throws Exception {
    try (Server server = server(model(.04), OptionalDouble.empty())) {
      String answer = predict(server, "?reject=" + share);
      assertThat(status(answer)).isEqualTo(400);
      assertThat(answer).contains("reject must be a number from 0 to 1.");
    }
  }

  @Test
  void theServersShareAppliesUnlessTheRequestHasOne() throws Exception {
    try (Server server = server(model(.04), OptionalDouble.of(.05))) {
      assertThat(predict(server, "")).contains("Typicality: 0.04").endsWith("\r\n[]");
      assertThat(predict(server, "?reject=0")).contains("\"cat\"");
      assertThat(send(server, "GET /models")).contains("\"reject\":0.05");
    }
    try (Server server = server(model(.06), OptionalDouble.of(.05))) {
      assertThat(predict(server, "")).contains("\"cat\"");
      assertThat(predict(server, "?reject=0.1")).endsWith("\r\n[]");
    }
  }

  @Test
  void aModelWithoutTypicalityCannotReject() throws Exception {
    try (Server server = server(new FakeModel("cat", "dog").classifier(), OptionalDouble.empty())) {
      assertThat(predict(server, "")).doesNotContain("Typicality").contains("\"cat\"");
      String answer = predict(server, "?reject=0.05");
      assertThat(status(answer)).isEqualTo(400);
      assertThat(answer).contains("This model has no typicality; leave reject out.");
    }
  }
}
