package dev.graft.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;

/**
 * A manager for DJL's {@code Cifar10}, which creates an array and then sets its bytes. PyTorch
 * prints a deprecation warning about how DJL sets them, so that this manager creates the array only
 * when the bytes are known.
 */
final class QuietManager {
  private QuietManager() {}

  /** Returns a view of a manager. */
  static NDManager of(NDManager manager) {
    return proxy(
        NDManager.class,
        (self, method, arguments) -> {
          if (method.getName().equals("newSubManager") && arguments == null) {
            return of(manager.newSubManager());
          }
          if (method.getName().equals("create")
              && arguments.length == 2
              && arguments[0] instanceof Shape shape
              && arguments[1] == DataType.UINT8) {
            return array(manager, shape);
          }
          return invoke(method, manager, arguments);
        });
  }

  /** Returns an array of uint8 values that exists from the call of {@code set(byte[])} on. */
  private static NDArray array(NDManager manager, Shape shape) {
    NDArray[] array = new NDArray[1];
    return proxy(
        NDArray.class,
        (self, method, arguments) -> {
          if (method.getName().equals("set") && arguments[0] instanceof byte[] bytes) {
            array[0] = manager.create(ByteBuffer.wrap(bytes), shape, DataType.UINT8);
            return null;
          }
          return invoke(method, array[0], arguments);
        });
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(
            QuietManager.class.getClassLoader(), new Class<?>[] {type}, handler));
  }

  private static Object invoke(Method method, Object target, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
