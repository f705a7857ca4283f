using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.Ollama;

/// <summary>Reads the content of a line or of a whole answer: thinking, then text, then tool calls, which always come whole.</summary>
internal static class ContentDecoder
{
    /// <summary>Adds the contents.</summary>
    /// <param name="root">The answer or line.</param>
    /// <param name="contents">Receives them.</param>
    /// <param name="calls">How many tool calls came before.</param>
    /// <returns>How many there are now.</returns>
    public static int Add(JsonElement root, IList<AIContent> contents, int calls)
    {
        // A legacy completion has its content on the line itself, a chat in `message`.
        var message = root.Member("message") ?? root;
        if (message.Text("thinking") is { Length: > 0 } thinking)
            contents.Add(new TextReasoningContent(thinking));
        if ((message.Text("content") ?? message.Text("response")) is { Length: > 0 } text)
            contents.Add(new TextContent(text));
        if (message.Member("images") is { ValueKind: JsonValueKind.Array } images)
            AddImages(images, contents);
        if (message.Member("tool_calls") is not { ValueKind: JsonValueKind.Array } list)
            return calls;
        foreach (var call in list.EnumerateArray())
        {
            if (call.Member("function") is not { ValueKind: JsonValueKind.Object } function
                || function.Text("name") is not { Length: > 0 } name)
            {
                throw new CallException(CallErrorKind.UpstreamUnavailable, "The provider sent a tool call without a name.");
            }

            var arguments = function.Member("arguments") switch
            {
                null => "{}",
                { ValueKind: JsonValueKind.String } json => json.GetString()!,
                { } other => other.GetRawText(),
            };
            var id = call.Text("id") is { Length: > 0 } own ? own : MakeId(root.Text("created_at"), calls, name, arguments);
            var content = ToolArguments.ToCall(id, name, arguments);
            content.AdditionalProperties![CanonicalKeys.ToolCallIndex] = calls++;
            contents.Add(content);
        }

        return calls;
    }

    /// <summary>Reads the images that a model made: base64 without a media type, so the first bytes show the format.</summary>
    private static void AddImages(JsonElement images, IList<AIContent> contents)
    {
        foreach (var image in images.EnumerateArray())
        {
            if (image.ValueKind == JsonValueKind.String && image.TryGetBytesFromBase64(out var bytes) && bytes.Length > 0)
                contents.Add(new DataContent(bytes, MediaKinds.OfBytes(bytes) ?? "image/png"));
        }
    }

    /// <summary>The time of the line; null if it is missing or out of range.</summary>
    public static DateTimeOffset? Time(JsonElement root) =>
        DateTimeOffset.TryParse(root.Text("created_at"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;

    /// <summary>The log probabilities in OpenAI's shape; null if there are none.</summary>
    public static JsonElement? LogProbs(JsonElement root)
    {
        if (root.Member("logprobs") is not { ValueKind: JsonValueKind.Array } tokens || tokens.GetArrayLength() == 0)
            return null;
        // The wrapper adds nesting, which may exceed the default limit.
        return JsonElement.Parse(
            $$"""{"content":{{tokens.GetRawText()}},"refusal":null}""", new JsonDocumentOptions { MaxDepth = WireJson.MaxDepth + 2 });
    }

    /// <summary>
    /// An id for a call of a server too old to give one: the same each time the same answer is read, and different in another answer, since
    /// the time is part of it.
    /// </summary>
    private static string MakeId(string? time, int position, string name, string arguments)
    {
        var facts = string.Create(CultureInfo.InvariantCulture, $"{time}\n{position}\n{name}\n{arguments}");
        return "call_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(facts)))[..24];
    }
}
