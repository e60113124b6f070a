# Graft with its libraries, native ones included, for Linux x86-64. Build the jar first, outside of Docker:
#   mvn -q -B -DskipTests package && docker build -t graft .
#   docker run --rm -p 127.0.0.1:8080:8080 graft                                    # ImageNet's 1000 classes
#   docker run --rm -p 127.0.0.1:8080:8080 -v "$PWD/output:/work/output:ro" graft serve --host 0.0.0.0
FROM eclipse-temurin:17-jre
COPY LICENSE NOTICE /opt/graft/
COPY target/lib /opt/graft/lib
COPY target/graft.jar /opt/graft/
RUN useradd --create-home --uid 10001 graft && mkdir -p /work && chown graft /work
USER graft
WORKDIR /work
# Unpacks the native libraries once, at build time, instead of at every start.
RUN ["java", "-jar", "/opt/graft/graft.jar", "doctor"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /ping HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q Healthy <&3"]
ENTRYPOINT ["java", "-Xmx512m", "-XX:+UseSerialGC", "-jar", "/opt/graft/graft.jar"]
CMD ["serve", "--imagenet", "--host", "0.0.0.0"]
