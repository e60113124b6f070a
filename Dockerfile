# Graft with its libraries, natives included, for Linux x86-64; the program is built elsewhere:
#   mvn -q -B -DskipTests package && docker build -t graft .
#   docker run --rm -p 127.0.0.1:8080:8080 graft                                    # ImageNet's classes
#   docker run --rm -p 127.0.0.1:8080:8080 -v "$PWD/output:/work/output:ro" graft serve --host 0.0.0.0
FROM eclipse-temurin:17-jre
COPY LICENSE NOTICE /opt/graft/
COPY target/lib /opt/graft/lib
COPY target/graft.jar /opt/graft/
RUN useradd --create-home --uid 10001 graft && mkdir -p /work && chown graft /work
USER graft
WORKDIR /work
# The engine's natives, unpacked once and not at each start. An answer needs ONNX Runtime's only.
RUN ["java", "-jar", "/opt/graft/graft.jar", "doctor"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /ping HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q Healthy <&3"]
ENTRYPOINT ["java", "-Xmx512m", "-XX:+UseSerialGC", "-jar", "/opt/graft/graft.jar"]
CMD ["serve", "--imagenet", "--host", "0.0.0.0"]
