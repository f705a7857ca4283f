using System.Text;
using System.Text.Json;

namespace Switchyard.TestKit;

/// <summary>How a client of one wire format requests a chat and reads the answer.</summary>
public sealed class ClientFormat
{
    /// <summary>All formats.</summary>
    public static readonly IReadOnlyList<ClientFormat> All =
    [
        new()
        {
            Name = "openai-chat",
            Path = (_, _) => "/v1/chat/completions",
            Body = (model, stream) => Some.ChatRequest(model, stream: stream),
        },
        new()
        {
            Name = "anthropic-messages",
            Path = (_, _) => "/v1/messages",
            Body = (model, stream) =>
                $$"""{"model":"{{model}}","max_tokens":100,"messages":[{"role":"user","content":"Hello"}]{{Streaming(stream)}}}""",
        },
        new()
        {
            Name = "gemini",
            Path = (model, stream) => $"/v1beta/models/{model}:{(stream ? "streamGenerateContent?alt=sse" : "generateContent")}",
            Body = (_, _) => """{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}""",
        },
        new()
        {
            Name = "openai-responses",
            Path = (_, _) => "/v1/responses",
            Body = (model, stream) => $$"""{"model":"{{model}}","input":"Hello"{{Streaming(stream)}}}""",
        },
    ];

    /// <summary>The names of all formats.</summary>
    public static IEnumerable<string> Names => All.Select(format => format.Name);

    /// <summary>The format's name.</summary>
    public required string Name { get; init; }

    /// <summary>The path for a chat with this model, whole or as a stream.</summary>
    public required Func<string, bool, string> Path { get; init; }

    /// <summary>The request body for a chat with this model, whole or as a stream.</summary>
    public required Func<string, bool, string> Body { get; init; }

    /// <summary>The format of this name.</summary>
    public static ClientFormat Of(string name) => All.Single(format => format.Name == name);

    /// <summary>Sends a chat request.</summary>
    public Task<HttpResponseMessage> AskAsync(GatewayHost gateway, bool stream, string model = "up/some-model")
    {
        ArgumentNullException.ThrowIfNull(gateway);
        return gateway.PostAsync(Path(model, stream), Body(model, stream));
    }

    /// <summary>The message of an error.</summary>
    /// <exception cref="InvalidDataException">The body is not an error of this format.</exception>
    public string ReadError(string body, int status)
    {
        var root = Parse(body);
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("error", out var error)
            || error.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"not an error: {body}");
        var isOurs = Name switch
        {
            "anthropic-messages" => root.TryGetProperty("type", out var type) && type.ValueEquals("error") && IsText(error, "type"),
            "gemini" => error.TryGetProperty("code", out var code) && code.GetInt32() == status && IsText(error, "status"),
            _ => IsText(error, "type") && error.TryGetProperty("param", out _) && error.TryGetProperty("code", out _),
        };
        if (!isOurs || !IsText(error, "message"))
            throw new InvalidDataException($"not an error of {Name} with status {status}: {body}");
        return error.GetProperty("message").GetString()!;
    }

    /// <summary>The text of a whole answer.</summary>
    public string ReadWhole(string body)
    {
        var root = Parse(body);
        return Name switch
        {
            "anthropic-messages" => root.GetProperty("content")[0].GetProperty("text").GetString()!,
            "gemini" => root.GetProperty("candidates")[0].GetProperty("content").GetProperty("parts")[0].GetProperty("text").GetString()!,
            "openai-responses" => root.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString()!,
            _ => root.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!,
        };
    }

    /// <summary>The text of a stream.</summary>
    /// <param name="stream">All of it.</param>
    /// <param name="endsWithError">Whether it is to end with an error event.</param>
    /// <param name="problems">The broken rules of the format.</param>
    public string ReadStream(byte[] stream, bool endsWithError, out IReadOnlyList<string> problems)
    {
        switch (Name)
        {
            case "anthropic-messages":
                return AnthropicStreamGrammar.Read(stream, endsWithError, out problems).Text;
            case "gemini":
                return GeminiStreamGrammar.Read(stream, endsWithError, out problems).Text.GetValueOrDefault(0, "");
            case "openai-responses":
                var responses = ResponsesStreamGrammar.Read(stream, out problems);
                if (endsWithError != (responses.Terminal is "error" or "response.failed"))
                    problems = [.. problems, $"ends with {responses.Terminal}"];
                return responses.Text.ToString();
            default:
                return OpenAIStreamGrammar.Read(stream, includeUsage: false, endsWithError, out problems).Text.GetValueOrDefault(0, "");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static string Streaming(bool stream) => stream ? ",\"stream\":true" : "";

    private static bool IsText(JsonElement owner, string member) =>
        owner.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String && value.GetString()!.Length > 0;

    private static JsonElement Parse(string body)
    {
        try
        {
            return JsonElement.Parse(Encoding.UTF8.GetBytes(body));
        }
        catch (JsonException)
        {
            throw new InvalidDataException($"not JSON: {body}");
        }
    }
}
