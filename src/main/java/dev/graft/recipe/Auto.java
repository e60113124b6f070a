package dev.graft.recipe;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.BeanProperty;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.deser.ContextualDeserializer;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A setting that the user gives or that Graft decides.
 *
 * @param given the user's value, or the one that Graft decided; empty if it is still to decide
 */
@JsonDeserialize(using = Auto.Reader.class)
public record Auto<T>(Optional<T> given) {
  /** Returns a setting that Graft is to decide. */
  public static <T> Auto<T> undecided() {
    return new Auto<>(Optional.empty());
  }

  /** Returns a setting with a value. */
  public static <T> Auto<T> of(T value) {
    return new Auto<>(Optional.of(value));
  }

  /** Returns whether Graft is still to decide. */
  public boolean isAuto() {
    return given.isEmpty();
  }

  /**
   * Returns the value.
   *
   * @throws IllegalStateException if it is still to decide
   */
  public T value() {
    return given.orElseThrow(() -> new IllegalStateException("a resolved recipe has no auto"));
  }

  /** Returns the value, or another if it is still to decide. */
  public T orElse(T other) {
    return given.orElse(other);
  }

  /** Returns whether this is a given value, and not another or still to decide. */
  public boolean is(T other) {
    return given.filter(other::equals).isPresent();
  }

  /** Passes the value to an action, if there is one. */
  void ifGiven(Consumer<T> action) {
    given.ifPresent(action);
  }

  @JsonValue
  Object json() {
    return isAuto() ? Recipe.AUTO : value();
  }

  /** Reads {@code auto}, or a value of the setting's type. */
  static final class Reader extends JsonDeserializer<Auto<?>> implements ContextualDeserializer {
    private final JavaType type;

    Reader() {
      this(null);
    }

    private Reader(JavaType type) {
      this.type = type;
    }

    @Override
    public JsonDeserializer<?> createContextual(DeserializationContext context, BeanProperty of) {
      return new Reader(of.getType().containedType(0));
    }

    @Override
    public Auto<?> deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      return parser.getText().equals(Recipe.AUTO)
          ? undecided()
          : of(context.<Object>readValue(parser, type));
    }
  }
}
