using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.TestKit;

namespace Switchyard.EndToEnd.Tests.Upstream;

/// <summary>
/// OpenAI's API as a script: it refuses what the real one refuses, and its answers can be checked. They depend only on the request:
/// the model <c>gpt-error-STATUS</c> fails, <c>gpt-hang</c> stops after two pieces, tools are called, schemas are filled in.
/// </summary>
internal sealed class ScriptedOpenAI : IAsyncDisposable
{
    /// <summary>The only key it accepts.</summary>
    public const string Key = "sk-the-upstream-key-of-the-script";

    private readonly FakeUpstream _server;
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _left = new();

    private ScriptedOpenAI(FakeUpstream server) => _server = server;

    public string BaseUrl => _server.BaseUrl;

    public IReadOnlyList<SeenRequest> Requests => _server.Requests;

    /// <summary>Completes when a client has disconnected in the middle of <c>gpt-hang</c>'s answer.</summary>
    public Task ClientLeft => _server.ClientLeft;

    /// <summary>Completes when the client that asked the hanging model of this name (<c>gpt-hang-ANYTHING</c>) has disconnected.</summary>
    public Task WhenLeft(string model) => Left(model).Task;

    public static async Task<ScriptedOpenAI> StartAsync()
    {
        var script = new ScriptedOpenAI(await FakeUpstream.StartAsync());
        script._server.Then(script.AnswerAsync);
        return script;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private TaskCompletionSource Left(string model) => _left.GetOrAdd(model, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

    private async Task AnswerAsync(HttpContext http, SeenRequest seen)
    {
        http.Response.Headers["x-request-id"] = "req_script";
        http.Response.Headers["openai-version"] = "2020-10-01";
        try
        {
            Authorize(seen);
            if (seen.Method == "GET")
            {
                await WriteAsync(http, 200, Models());
                return;
            }

            if (ScriptedMedia.IsForm(seen))
            {
                await ScriptedMedia.TranscribeAsync(http, seen);
                return;
            }

            RequestRules.Require(seen.Headers["Content-Type"].StartsWith("application/json", StringComparison.Ordinal), "Not JSON.", null);
            using var body = Parse(seen.Body);
            await PostAsync(http, seen.Path, body.RootElement);
        }
        catch (ApiError error)
        {
            if (error.Status == 429)
                http.Response.Headers.RetryAfter = "20";
            await WriteAsync(http, error.Status, error.ToJson());
        }
    }

    private async Task PostAsync(HttpContext http, string path, JsonElement request)
    {
        var model = RequestRules.Text(request, "model") ?? throw new ApiError(400, "you must provide a model parameter");
        if (model.StartsWith("gpt-error-", StringComparison.Ordinal))
            throw ApiError.Of(int.Parse(model["gpt-error-".Length..], System.Globalization.CultureInfo.InvariantCulture));
        switch (path)
        {
            case "/v1/chat/completions":
                RequestRules.CheckChat(request);
                await ChatAsync(http, request, model);
                break;
            case "/v1/embeddings":
                await WriteAsync(http, 200, Embeddings(request, model));
                break;
            case "/v1/moderations":
                await WriteAsync(http, 200, Moderations(request, model));
                break;
            case "/v1/images/generations":
                await WriteAsync(http, 200, ScriptedMedia.Images(request));
                break;
            case "/v1/audio/speech":
                await ScriptedMedia.SpeakAsync(http, request);
                break;
            default:
                throw new ApiError(404, $"Unknown request URL: POST {path}.", "unknown_url");
        }
    }

    private async Task ChatAsync(HttpContext http, JsonElement request, string model)
    {
        var reply = ScriptedReply.To(request);
        var count = RequestRules.Get(request, "n")?.GetInt32() ?? 1;
        if (!RequestRules.IsTrue(request, "stream"))
        {
            var choices = new JsonArray(
                [.. Enumerable.Range(0, count).Select(index => Choice(index, "message", reply.Message(), reply.FinishReason))]);
            var answer = Envelope("chat.completion", model, choices);
            answer["usage"] = reply.Usage();
            await WriteAsync(http, 200, answer.ToJsonString());
            return;
        }

        http.Response.ContentType = "text/event-stream; charset=utf-8";
        var usage = RequestRules.Get(request, "stream_options") is { } options && RequestRules.IsTrue(options, "include_usage");
        var sent = 0;
        foreach (var delta in reply.Deltas())
        {
            for (var index = 0; index < count; index++)
                await EventAsync(http, model, [Choice(index, "delta", delta.DeepClone(), null)], usage, null);
            if (model.StartsWith("gpt-hang", StringComparison.Ordinal) && ++sent == 3)
            {
                await _server.HangAsync(http);
                Left(model).TrySetResult();
            }
        }

        for (var index = 0; index < count; index++)
            await EventAsync(http, model, [Choice(index, "delta", new JsonObject(), reply.FinishReason)], usage, null);
        if (usage)
            await EventAsync(http, model, [], usage, reply.Usage());
        await http.Response.WriteAsync("data: [DONE]\n\n");
    }

    private static async Task EventAsync(HttpContext http, string model, JsonArray choices, bool includeUsage, JsonObject? usage)
    {
        var chunk = Envelope("chat.completion.chunk", model, choices);
        if (includeUsage)
            chunk["usage"] = usage;
        chunk["obfuscation"] = "aB3dE";
        await http.Response.WriteAsync($"data: {chunk.ToJsonString()}\n\n");
        await http.Response.Body.FlushAsync();
    }

    private static JsonObject Envelope(string kind, string model, JsonArray choices) => new()
    {
        ["id"] = "chatcmpl-script",
        ["object"] = kind,
        ["created"] = 1_790_000_000,
        ["model"] = model + "-2026-01-01",
        ["service_tier"] = "default",
        ["system_fingerprint"] = "fp_script",
        ["choices"] = choices,
    };

    private static JsonObject Choice(int index, string name, JsonNode said, string? finish) => new()
    {
        ["index"] = index,
        [name] = said,
        ["logprobs"] = null,
        ["finish_reason"] = finish,
    };

    private static string Embeddings(JsonElement request, string model)
    {
        var input = RequestRules.Get(request, "input")
            ?? throw new ApiError(400, "'input' is missing.", "missing_required_parameter", "input");
        var inputs = input.ValueKind == JsonValueKind.Array ? [.. input.EnumerateArray()] : new List<JsonElement> { input };
        RequestRules.Require(
            inputs.Count > 0 && inputs.All(one => one.ValueKind == JsonValueKind.String), "'input' must be text.", "input");
        var format = RequestRules.Text(request, "encoding_format") ?? "float";
        RequestRules.Require(format is "float" or "base64", "Invalid 'encoding_format'.", "encoding_format");
        var dimensions = RequestRules.Get(request, "dimensions")?.GetInt32() ?? 8;
        var data = inputs.Select((one, index) => new JsonObject
        {
            ["object"] = "embedding",
            ["index"] = index,
            ["embedding"] = Vector(one.GetString()!, dimensions) is var vector && format == "base64"
                ? Base64(vector)
                : new JsonArray([.. vector.Select(x => JsonValue.Create(x))]),
        });
        return new JsonObject
        {
            ["object"] = "list",
            ["data"] = new JsonArray([.. data]),
            ["model"] = model,
            ["usage"] = new JsonObject { ["prompt_tokens"] = 11, ["total_tokens"] = 11 },
        }.ToJsonString();
    }

    /// <summary>The vector of a text.</summary>
    public static float[] Vector(string text, int dimensions) =>
        [.. Enumerable.Range(0, dimensions).Select(i => MathF.Sin(text.Length + (i * 0.37f)))];

    private static string Base64(float[] vector)
    {
        var bytes = new byte[vector.Length * sizeof(float)];
        for (var i = 0; i < vector.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), vector[i]);
        return Convert.ToBase64String(bytes);
    }

    private static string Moderations(JsonElement request, string model)
    {
        var input = request.GetProperty("input");
        var inputs = input.ValueKind == JsonValueKind.Array ? [.. input.EnumerateArray()] : new List<JsonElement> { input };
        var results = inputs.Select(one =>
        {
            var bad = one.GetRawText().Contains("bad", StringComparison.Ordinal);
            return new JsonObject
            {
                ["flagged"] = bad,
                ["categories"] = new JsonObject { ["violence"] = bad, ["harassment"] = false },
                ["category_scores"] = new JsonObject { ["violence"] = bad ? 0.97 : 0.01, ["harassment"] = 0.001 },
                ["category_applied_input_types"] =
                    new JsonObject { ["violence"] = new JsonArray("text"), ["harassment"] = new JsonArray("text") },
            };
        });
        return new JsonObject { ["id"] = "modr-script", ["model"] = model, ["results"] = new JsonArray([.. results]) }.ToJsonString();
    }

    private static string Models() =>
        """{"object":"list","data":[{"id":"gpt-script","object":"model","created":1790000000,"owned_by":"script"},{"id":"gpt-hang","object":"model","created":1790000001,"owned_by":"script"}]}""";

    private static void Authorize(SeenRequest seen)
    {
        if (!seen.Headers.TryGetValue("Authorization", out var given))
            throw new ApiError(401, "You didn't provide an API key.");
        if (given != $"Bearer {Key}")
            throw ApiError.Of(401);
    }

    private static JsonDocument Parse(byte[] body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            throw new ApiError(400, "We could not parse the JSON body of your request.");
        }
    }

    private static Task WriteAsync(HttpContext http, int status, string json)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(json);
    }
}
