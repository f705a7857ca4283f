using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests;

/// <summary>
/// Hundreds of corrupted requests and answers: always a well-formed answer or a typed error, never a hang, never a crash.
/// </summary>
public sealed class MutationTests
{
    private const int Seed = 4711;

    private static readonly string[] s_requests =
    [
        """{"model":"up/some-model","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Grüße 👋","name":"ann"}],"temperature":0.7,"top_p":1,"n":1,"max_tokens":20,"stop":["a","b"],"user":"u","seed":7,"logit_bias":{"50256":-100}}""",
        """{"model":"up/some-model","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORwECAw==","detail":"low"}}]}]}""",
        """{"model":"mock-model-v2","messages":[{"role":"user","content":"get_weather"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Oslo\"}"}}]},{"role":"tool","tool_call_id":"c1","content":"sunny"}],"tools":[{"type":"function","function":{"name":"get_weather","description":"w","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]},"strict":false}}],"tool_choice":"auto","parallel_tool_calls":true}""",
        """{"model":"mock-model-v2","stream":true,"messages":[{"role":"user","content":"where?"}],"response_format":{"type":"json_schema","json_schema":{"name":"place","strict":true,"schema":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"array","items":{"type":"integer"}}},"required":["city"],"additionalProperties":false}}}}""",
    ];

    private const string Embedding =
        """{"model":"mock-model-v2","input":["one","two"],"encoding_format":"base64","dimensions":16,"user":"u"}""";
    private const string Plain =
        """{"provider":"mock","model":"mock-model-v1","messages":[{"role":"user","content":"hi"}],"stream":false}""";
    private const string Completion = """{"model":"up/some-model","prompt":"Once upon","max_tokens":10,"stop":"."}""";

    private static readonly HashSet<int> s_statusesOfBadRequests = [400, 404, 413, 415];

    public static TheoryData<EgressMode> Modes => [EgressMode.Forward, EgressMode.Translate];

    [Theory, MemberData(nameof(Modes))]
    public async Task A_spoilt_request_is_answered_or_refused_with_a_typed_error(EgressMode mode)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.Then((http, seen) => AnswerProperlyAsync(http, seen));
        await using var gateway = await StartAsync(upstream, mode, TimeSpan.FromSeconds(10));

        await TryManyAsync(gateway, 500, async (random, _) =>
        {
            var (path, json) = random.Next(8) switch
            {
                0 => ("/v1/embeddings", Embedding),
                1 => ("/chat", Plain),
                2 => ("/v1/completions", Completion),
                _ => ("/v1/chat/completions", random.Pick(s_requests)),
            };
            var body = random.Spoil(json);
            using var response = await gateway.PostAsync(path, body).WaitAsync(TimeSpan.FromSeconds(30));
            var text = await response.Content.ReadAsStringAsync().WaitAsync(TimeSpan.FromSeconds(30));
            var status = (int)response.StatusCode;
            Assert.True(
                status == 200 || s_statusesOfBadRequests.Contains(status),
                $"{path} answered {status} {text} to {Encoding.UTF8.GetString(body)}");
            AssertWellFormed(response, text, mode);
        });

        await AssertGoesOnAsync(gateway);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_spoilt_answer_is_passed_well_formed_or_answered_with_a_typed_error(EgressMode mode)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        // Many of the answers never end.
        await using var gateway = await StartAsync(upstream, mode, TimeSpan.FromSeconds(1));
        upstream.Then(AnswerBadlyAsync);

        await TryManyAsync(gateway, 400, async (random, number) =>
        {
            var stream = random.Next(2) == 0;
            using var response = await gateway.ChatAsync(Some.ChatRequest(text: $"{number}", stream: stream))
                .WaitAsync(TimeSpan.FromSeconds(30));
            var text = await response.Content.ReadAsStringAsync().WaitAsync(TimeSpan.FromSeconds(30));
            Assert.True(
                response.StatusCode != HttpStatusCode.InternalServerError
                    || text.Contains("upstream_authentication_failed", StringComparison.Ordinal),
                text);
            Assert.DoesNotContain("<html", text, StringComparison.OrdinalIgnoreCase);
            AssertWellFormed(response, text, mode);
        });

        upstream.Then((http, seen) => AnswerProperlyAsync(http, seen));
        await AssertGoesOnAsync(gateway);
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, EgressMode mode, TimeSpan patience) => GatewayHost.StartAsync(
        upstream,
        options =>
        {
            options.Providers["mock"] = new();
            options.Timeouts.FirstToken = options.Timeouts.Idle = patience;
            options.Timeouts.Total = 2 * patience;
        },
        build =>
        {
            if (mode == EgressMode.Translate)
                build.UseCall<AlwaysTranslate>();
        });

    /// <summary>Tries with one seed each, several in parallel; a failure names its seed.</summary>
    private static async Task TryManyAsync(GatewayHost gateway, int count, Func<Mutations, int, Task> attempt)
    {
        var failures = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (number, _) =>
        {
            try
            {
                await attempt(new Mutations(Seed + number), number);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                failures.Add($"seed {Seed + number}: {failure.GetType().Name}: {failure.Message}");
            }
        });
        var log = gateway.Log.Errors.Take(3);
        Assert.True(
            failures.IsEmpty,
            $"{failures.Count} of {count} failed.\n{string.Join("\n\n", failures.Take(8))}\n\n{string.Join("\n\n", log)}");
    }

    private static async Task AssertGoesOnAsync(GatewayHost gateway)
    {
        foreach (var stream in (bool[])[false, true])
        {
            var status = HttpStatusCode.GatewayTimeout;
            // The timeout is short, and the machine may be busy.
            for (var tries = 0; tries < 5 && status == HttpStatusCode.GatewayTimeout; tries++)
            {
                using var response = await gateway.ChatAsync(Some.ChatRequest(stream: stream));
                status = response.StatusCode;
            }

            Assert.Equal(HttpStatusCode.OK, status);
        }

        Assert.DoesNotContain(gateway.Log.Errors, line => !line.Contains("authentication failed", StringComparison.Ordinal));
    }

    private static void AssertWellFormed(HttpResponseMessage response, string text, EgressMode mode)
    {
        Assert.True(response.Headers.Contains("x-request-id"));
        if (response.StatusCode != HttpStatusCode.OK)
        {
            var error = JsonElement.Parse(text).GetProperty("error");
            // The plain API's error is a text beside a code.
            Assert.NotEqual("", (error.ValueKind == JsonValueKind.String ? error : error.GetProperty("message")).GetString());
            if (error.ValueKind == JsonValueKind.Object)
                Assert.NotEqual("", error.GetProperty("type").GetString());
            return;
        }

        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
        {
            Assert.Equal(JsonValueKind.Object, JsonElement.Parse(text, new JsonDocumentOptions { MaxDepth = 4000 }).ValueKind);
            return;
        }

        AssertWellFormedStream(text, mode);
    }

    private static void AssertWellFormedStream(string text, EgressMode mode)
    {
        var (errors, ended, first) = (0, false, true);
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n').Where(line => line.StartsWith("data:", StringComparison.Ordinal)))
        {
            var data = line["data:".Length..].Trim();
            Assert.False(ended, $"goes on after its end: {text}");
            if (data == "[DONE]")
            {
                ended = true;
                continue;
            }

            Assert.True(errors == 0, $"goes on after its error: {text}");
            // Forwarding passes on everything after the first content without reading it.
            if (mode == EgressMode.Forward && !first && !data.StartsWith("{\"error\"", StringComparison.Ordinal))
                continue;
            first = false;
            var chunk = Parse(data, text);
            if (chunk.ValueKind == JsonValueKind.Object && chunk.TryGetProperty("error", out var error)
                && error.ValueKind == JsonValueKind.Object)
                errors++;
        }
    }

    private static JsonElement Parse(string data, string stream)
    {
        try
        {
            return JsonElement.Parse(data);
        }
        catch (JsonException)
        {
            throw new InvalidDataException($"a frame is not JSON: {data}\nin {stream}");
        }
    }

    private static Task AnswerProperlyAsync(HttpContext http, SeenRequest seen)
    {
        var stream = JsonElement.Parse(seen.Body) is { ValueKind: JsonValueKind.Object } body
            && body.TryGetProperty("stream", out var asked) && asked.ValueKind == JsonValueKind.True;
        http.Response.ContentType = stream ? "text/event-stream" : "application/json";
        var answer = stream ? string.Concat(Some.ChatStream()) : Some.ChatCompletion();
        if (seen.Path == "/v1/completions")
            answer = answer.Replace("\"delta\":{", "\"text\":\"so\",\"delta\":{", StringComparison.Ordinal)
                .Replace("\"message\":{", "\"text\":\"so\",\"message\":{", StringComparison.Ordinal);
        return http.Response.WriteAsync(answer);
    }

    private static async Task AnswerBadlyAsync(HttpContext http, SeenRequest seen)
    {
        var asked = JsonElement.Parse(seen.Body);
        var number = int.Parse(
            asked.GetProperty("messages")[0].GetProperty("content").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
        // Not the try's own seed: request and answer vary independently.
        var random = new Mutations(Seed - number);
        var stream = asked.TryGetProperty("stream", out _);
        http.Response.StatusCode = random.Pick((int[])[200, 200, 200, 200, 200, 200, 204, 302, 400, 401, 418, 429, 500, 503, 599]);
        http.Response.ContentType = random.Pick(stream
            ? (string[])[
                "text/event-stream", "text/event-stream", "text/event-stream; charset=utf-8", "application/json", "text/html", "text/plain",
                "garbage", ""]
            : (string[])[
                "application/json", "application/json", "application/json; charset=utf-8", "text/event-stream", "text/html", "text/plain",
                "garbage", ""]);
        if (http.Response.StatusCode is 204)
            return;
        var body = random.Next(8) switch
        {
            0 => Encoding.UTF8.GetBytes("<html><body><h1>Bad gateway</h1></body></html>"),
            1 => [],
            2 => random.SpoilBytes(
                Encoding.UTF8.GetBytes("""{"error":{"message":"It broke.","type":"server_error","param":null,"code":null}}""")),
            3 or 4 when !stream => random.Spoil(Some.ChatCompletion("Grüße 👋", extra: ",\"system_fingerprint\":\"f\"")),
            _ => random.SpoilBytes(
                Encoding.UTF8.GetBytes(stream ? string.Concat(Some.ChatStream(usage: random.Next(2) == 0)) : Some.ChatCompletion())),
        };
        await http.Response.Body.WriteAsync(body);
        await http.Response.Body.FlushAsync();
        switch (random.Next(8))
        {
            case 0:
                http.Abort();
                break;
            case 1:
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                break;
        }
    }
}
