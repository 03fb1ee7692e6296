import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.http.HttpMessageFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Set;
import java.util.UUID;

/** Sends one event to Farol in binary mode, and prints its receipt and where to see it. */
public final class SendEvent {
    private static final int ATTEMPTS = 6;
    private static final Set<Integer> WORTH_REPEATING = Set.of(408, 429, 503);
    private static final SecureRandom RANDOM = new SecureRandom();

    public static void main(String[] arguments) throws IOException, InterruptedException {
        String gateway = setting("FAROL_GATEWAY_URL", "http://127.0.0.1:8080");
        String key = setting("FAROL_KEY", "");
        if (key.isEmpty()) {
            throw new IllegalStateException("set FAROL_KEY to your key");
        }
        // The id stays the same however often the event is sent; that is what makes sending it again safe.
        CloudEvent event = CloudEventBuilder.v1()
                .withId(UUID.randomUUID().toString())
                .withSource(URI.create("/examples/java"))
                .withType("com.example.greeting")
                .withData("application/json", "{\"hello\":\"from Java\"}".getBytes(StandardCharsets.UTF_8))
                .build();
        // A W3C trace context by hand: version, trace id, span id, sampled. In a service OpenTelemetry's propagator writes it.
        String traceId = random(16);
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(gateway + "/v1/events"))
                .timeout(Duration.ofSeconds(20))
                .header("Authorization", "Bearer " + key)
                .header("traceparent", "00-" + traceId + "-" + random(8) + "-01");
        HttpMessageFactory.createWriter(request::header, body -> request.POST(HttpRequest.BodyPublishers.ofByteArray(body)))
                .writeBinary(event);

        System.out.println("accepted: " + send(request.build()));
        System.out.println("event  " + gateway + "/v1/event?source=" + event.getSource() + "&id=" + event.getId());
        System.out.println("trace  " + setting("FAROL_JAEGER_URL", "http://127.0.0.1:16686") + "/trace/" + traceId);
    }

    /** The receipt, JSON; sent again while the answer says that this may help, or while there is none. */
    private static String send(HttpRequest request) throws IOException, InterruptedException {
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        for (int attempt = 1; ; attempt++) {
            // Half to one and a half of 1, 2, 4 … seconds, where the answer names no time.
            long wait = (long) (Math.min(30, 1 << (attempt - 1)) * (500 + RANDOM.nextInt(1000)));
            try {
                HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() == 202) {
                    return answer.body();
                }
                if (attempt == ATTEMPTS || !WORTH_REPEATING.contains(answer.statusCode())) {
                    throw new IllegalStateException("refused with " + answer.statusCode() + ": " + answer.body());
                }
                wait = answer.headers().firstValueAsLong("Retry-After").stream().map(seconds -> seconds * 1000).findFirst().orElse(wait);
            } catch (IOException error) {
                if (attempt == ATTEMPTS) {
                    throw error;
                }
            }
            Thread.sleep(wait);
        }
    }

    private static String setting(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }

    private static String random(int bytes) {
        byte[] buffer = new byte[bytes];
        RANDOM.nextBytes(buffer);
        return HexFormat.of().formatHex(buffer);
    }
}
