using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// The cache breakpoints of one request. The API takes four. Of more, the oldest in the conversation are left out first, because each later
/// one covers everything before it, then those of the tools and of the system text, which change least.
/// </summary>
internal sealed class CacheHints
{
    private const int Most = 4;

    private readonly LossReport _losses;
    private readonly int[] _surplus = new int[3];

    // The last content of each message with a hint. It is looked up, because a client may send tens of thousands of such messages.
    private readonly Dictionary<ChatMessage, AIContent> _lasts = new(ReferenceEqualityComparer.Instance);

    public CacheHints(Conversation conversation, IReadOnlyList<PlannedTool> tools, bool hasAutomatic, LossReport losses)
    {
        _losses = losses;
        foreach (var turn in conversation.Turns)
            FindLasts(turn.Contents);
        FindLasts(conversation.System);

        var inMessages = 0;
        foreach (var turn in conversation.Turns)
        {
            foreach (var item in turn.Contents)
                inMessages += Count(item);
        }

        var inTools = tools.Count(static tool => OfTool(tool.Tool) is not null);
        var inSystem = 0;
        foreach (var item in conversation.System)
            inSystem += Of(item) is null ? 0 : 1;

        var surplus = Math.Max(0, inMessages + inTools + inSystem + (hasAutomatic ? 1 : 0) - Most);
        LeaveOut(Place.Messages, inMessages);
        LeaveOut(Place.Tools, inTools);
        LeaveOut(Place.System, inSystem);

        void LeaveOut(Place place, int count)
        {
            _surplus[(int)place] = Math.Min(surplus, count);
            surplus -= _surplus[(int)place];
        }
    }

    public enum Place
    {
        Messages,
        Tools,
        System,
    }

    /// <summary>The hint of an item: its own, else, on the last item of its message, the message's.</summary>
    public JsonElement? Of(TurnContent item)
    {
        if (Of(item.Content.AdditionalProperties) is { } own)
            return own;
        if (AnthropicKeys.RawOf(item.Content)?.Member(CanonicalKeys.CacheControl) is { } inRaw)
            return inRaw;
        return _lasts.TryGetValue(item.Message, out var last) && ReferenceEquals(last, item.Content)
            ? Of(item.Message.AdditionalProperties)
            : null;
    }

    public static JsonElement? Of(AdditionalPropertiesDictionary? kept) =>
        kept.Element(CanonicalKeys.CacheControl) is { ValueKind: JsonValueKind.Object } hint ? hint : null;

    public static JsonElement? OfTool(AITool tool) =>
        tool.AdditionalProperties.TryGetValue(CanonicalKeys.CacheControl, out var value)
            && value is JsonElement { ValueKind: JsonValueKind.Object } hint ? hint
        : tool.AdditionalProperties.TryGetValue(AnthropicKeys.Raw, out var raw) && raw is JsonElement whole
            ? whole.Member(CanonicalKeys.CacheControl)
        : null;

    /// <summary>Whether the next hint of the place may be written; reports it otherwise.</summary>
    public bool Admit(Place place, string path)
    {
        if (_surplus[(int)place] == 0)
            return true;
        _surplus[(int)place]--;
        _losses.Drop($"{path}.{CanonicalKeys.CacheControl}");
        return false;
    }

    /// <summary>Writes the hint as the next member, if there is one and room for it.</summary>
    public void Write(Utf8JsonWriter writer, JsonElement? hint, Place place, string path)
    {
        if (hint is not { } cacheControl || !Admit(place, path))
            return;
        writer.WritePropertyName(CanonicalKeys.CacheControl);
        cacheControl.WriteTo(writer);
    }

    private void FindLasts(List<TurnContent> contents)
    {
        foreach (var item in contents)
        {
            if (Of(item.Message.AdditionalProperties) is not null)
                _lasts[item.Message] = item.Content;
        }
    }

    private int Count(TurnContent item)
    {
        var count = Of(item) is null ? 0 : 1;
        if (item.Content is FunctionResultContent { Result: IEnumerable<AIContent> parts })
            count += parts.Count(part => Of(part.AdditionalProperties) is not null);
        return count;
    }
}
