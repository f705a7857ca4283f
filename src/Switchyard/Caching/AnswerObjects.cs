using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Caching;

/// <summary>
/// Converts answers for callers in this process to JSON and back. Each caller that gets a kept answer gets its own objects, because
/// changes that one caller makes (function calling marks the calls it has made) must not reach another.
/// </summary>
internal static class AnswerObjects
{
    private static readonly JsonSerializerOptions s_options = AIJsonUtilities.DefaultOptions;

    /// <summary>Writes a whole answer.</summary>
    /// <returns>The form and the JSON; null if the answer has no JSON form.</returns>
    public static (KeptForm Form, byte[] Json)? TryWrite(CanonicalAnswer answer) => answer switch
    {
        CanonicalChatAnswer chat when TryWrite(chat.Response, typeof(ChatResponse)) is { } json => (KeptForm.Chat, json),
        CanonicalEmbeddingAnswer { Embeddings: var vectors } when TryWrite(
            vectors, typeof(GeneratedEmbeddings<Embedding<float>>)) is { } json
            => (KeptForm.Embeddings, json),
        _ => null,
    };

    /// <summary>
    /// Writes an update without the fragments of tool calls, which are for streams over HTTP. An update of nothing else is written empty.
    /// </summary>
    /// <returns>The JSON; null if the update has no JSON form.</returns>
    public static byte[]? TryWrite(ChatResponseUpdate update)
    {
        if (!update.Contents.Any(static content => content is ToolCallFragment))
            return TryWrite(update, typeof(ChatResponseUpdate));
        var whole = update.Clone();
        whole.Contents = [.. update.Contents.Where(static content => content is not ToolCallFragment)];
        return whole.Contents.Count == 0 && whole.FinishReason is null ? [] : TryWrite(whole, typeof(ChatResponseUpdate));
    }

    /// <summary>Reads a whole answer.</summary>
    /// <exception cref="FormatException">The JSON is not an answer.</exception>
    public static CanonicalAnswer ReadAnswer(KeptForm form, ReadOnlyMemory<byte> json)
    {
        if (form == KeptForm.Embeddings)
            return new CanonicalEmbeddingAnswer(Read<GeneratedEmbeddings<Embedding<float>>>(json.Span));
        var response = Read<ChatResponse>(json.Span);
        foreach (var message in response.Messages)
            Restore(message.AdditionalProperties, message.Contents);
        return new CanonicalChatAnswer(response);
    }

    /// <summary>Reads an update.</summary>
    /// <exception cref="FormatException">The JSON is not an update.</exception>
    public static ChatResponseUpdate ReadUpdate(ReadOnlySpan<byte> json)
    {
        var update = Read<ChatResponseUpdate>(json);
        Restore(update.AdditionalProperties, update.Contents);
        return update;
    }

    private static byte[]? TryWrite(object value, Type type)
    {
        try
        {
            // Written as one line, because lines separate the updates.
            var output = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(output))
                JsonSerializer.Serialize(json, value, s_options.GetTypeInfo(type));
            return output.WrittenSpan.ToArray();
        }
        catch (Exception e) when (e is NotSupportedException or JsonException or InvalidOperationException or ArgumentException)
        {
            // An object of the provider's own class.
            return null;
        }
    }

    private static T Read<T>(ReadOnlySpan<byte> json)
    {
        try
        {
            return (T)JsonSerializer.Deserialize(json, s_options.GetTypeInfo(typeof(T)))!;
        }
        catch (Exception e) when (e is NotSupportedException or JsonException)
        {
            throw new FormatException("The kept answer cannot be read.", e);
        }
    }

    /// <summary>
    /// Restores the .NET values that Switchyard itself keeps beside contents: a caller that sends the answer as history needs
    /// the values, not JSON. What a dialect keeps is JSON in any case.
    /// </summary>
    private static void Restore(AdditionalPropertiesDictionary? own, IList<AIContent> contents)
    {
        Restore(own);
        foreach (var content in contents)
            Restore(content.AdditionalProperties);
    }

    private static void Restore(AdditionalPropertiesDictionary? kept)
    {
        if (kept is null)
            return;
        foreach (var (key, value) in kept.ToArray())
        {
            if (value is JsonElement json && PlainValues.IsMark(key))
                kept[key] = ValueOf(key, json);
        }
    }

    private static object? ValueOf(string key, JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String when key == CanonicalKeys.FinishReason => new ChatFinishReason(json.GetString()!),
        JsonValueKind.String => json.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number when json.TryGetInt32(out var number) => number,
        _ => json,
    };
}
