using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>
/// Writes <c>cachePoint</c> blocks after what carries a cache hint: at most four a request, and none to models that are known to refuse
/// them. A hint that is not written is reported and never fails the call.
/// </summary>
internal sealed class CacheMarks(Utf8JsonWriter writer, ModelFamily family, LossReport losses)
{
    private const int Most = 4;

    private int _written;

    /// <summary>The hint of an item; null if it has none.</summary>
    public static JsonElement? HintOf(IReadOnlyDictionary<string, object?>? kept) =>
        kept.Element(CanonicalKeys.CacheControl) is { ValueKind: JsonValueKind.Object } element ? element : null;

    /// <summary>Writes a cache point if there is a hint.</summary>
    /// <param name="hint">The hint.</param>
    /// <param name="path">What carries it.</param>
    /// <param name="onTool">Whether it is among tools, where Nova models refuse cache points.</param>
    public void Write(JsonElement? hint, string path, bool onTool = false)
    {
        if (hint is not { } cacheControl)
            return;
        var known = family is ModelFamily.Claude or ModelFamily.Other
            || (!onTool && family is ModelFamily.Nova or ModelFamily.ReasoningNova);
        if (!known || _written == Most)
        {
            losses.Drop($"{path}.{CanonicalKeys.CacheControl}");
            return;
        }

        _written++;
        writer.WriteStartObject();
        writer.WriteStartObject("cachePoint"u8);
        writer.WriteString("type"u8, "default"u8);
        if (cacheControl.Text("ttl") is "5m" or "1h")
            writer.WriteString("ttl"u8, cacheControl.Text("ttl"));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
