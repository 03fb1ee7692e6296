// Takes tokens in MSK's form: a presigned URL in base64. Checks its target, its age, and, by a key it knows, its signature.

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerExtensionsValidatorCallback;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallback;

public class MskIamValidator implements AuthenticateCallbackHandler {
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
    private static final Set<String> NOT_SIGNED = Set.of("X-Amz-Signature", "User-Agent");

    @Override
    public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {}

    @Override
    public void close() {}

    @Override
    public void handle(Callback[] callbacks) throws UnsupportedCallbackException {
        for (Callback callback : callbacks) {
            if (callback instanceof OAuthBearerValidatorCallback asked) {
                try {
                    asked.token(check(asked.tokenValue()));
                } catch (GeneralSecurityException | RuntimeException refused) {
                    asked.error("Access denied", null, null);
                }
            } else if (callback instanceof OAuthBearerExtensionsValidatorCallback asked) {
                asked.inputExtensions().map().keySet().forEach(asked::valid);
            } else {
                throw new UnsupportedCallbackException(callback);
            }
        }
    }

    private static OAuthBearerToken check(String token) throws GeneralSecurityException {
        String url = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
        String region = System.getProperty("test.region");
        String host = "kafka." + region + ".amazonaws.com";
        demand(url.startsWith("https://" + host + "/?"));
        Map<String, String> query = new TreeMap<>();
        for (String pair : url.substring(url.indexOf('?') + 1).split("&")) {
            demand(query.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1)) == null);
        }
        demand("kafka-cluster%3AConnect".equals(query.get("Action")));
        String date = query.get("X-Amz-Date");
        String scope = date.substring(0, 8) + "/" + region + "/kafka-cluster/aws4_request";
        demand(query.get("X-Amz-Credential").equals((System.getProperty("test.access.key") + "/" + scope).replace("/", "%2F")));
        Instant begins = DATE.parse(date, Instant::from);
        Instant ends = begins.plusSeconds(Long.parseLong(query.get("X-Amz-Expires")));
        demand(ends.isAfter(Instant.now()) && begins.isBefore(Instant.now().plusSeconds(5)));

        String signed = query.entrySet().stream().filter(pair -> !NOT_SIGNED.contains(pair.getKey()))
            .map(pair -> pair.getKey() + "=" + pair.getValue()).collect(Collectors.joining("&"));
        String request = "GET\n/\n" + signed + "\nhost:" + host + "\n\nhost\n" + digest("");
        byte[] key = ("AWS4" + System.getProperty("test.secret.key")).getBytes(StandardCharsets.UTF_8);
        for (String part : scope.split("/")) {
            key = hmac(key, part);
        }
        String signature = HexFormat.of().formatHex(hmac(key, "AWS4-HMAC-SHA256\n" + date + "\n" + scope + "\n" + digest(request)));
        demand(signature.equals(query.get("X-Amz-Signature")));
        return new Accepted(token, begins.toEpochMilli(), ends.toEpochMilli());
    }

    private static void demand(boolean holds) throws GeneralSecurityException {
        if (!holds) {
            throw new GeneralSecurityException("not a token for this broker");
        }
    }

    private static String digest(String text) throws GeneralSecurityException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }

    private record Accepted(String value, Long startTimeMs, long lifetimeMs) implements OAuthBearerToken {
        @Override
        public Set<String> scope() {
            return Set.of();
        }

        @Override
        public String principalName() {
            return "farol";
        }
    }
}
