using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>The output of a stream being read: its items, and what has been emitted of each.</summary>
internal sealed class StreamedOutput
{
    private readonly List<Item> _items = [];
    private readonly ToolCallBudget _budget = new();
    private int _calls;
    private bool _messageSeen;

    public bool HasCalls => _calls > 0;

    /// <summary>Whether a call never got a name, without which it cannot be called.</summary>
    public bool HasNamelessCall => _items.Exists(item => item is { IsCall: true, Name: null });

    /// <summary>Reads one event into the update.</summary>
    public void Take(string type, JsonElement root, ChatResponseUpdate update)
    {
        switch (type)
        {
            case "response.output_item.added":
                if (root.Member("item") is { ValueKind: JsonValueKind.Object } added)
                    Open(added, root, update);
                break;
            case "response.output_item.done":
                if (root.Member("item") is { ValueKind: JsonValueKind.Object } done)
                    Close(done, root, update);
                break;
            case "response.output_text.delta":
                TakeText(Find(root, "message"), root.Text("delta"), root, update, isRefusal: false);
                break;
            case "response.refusal.delta":
                TakeText(Find(root, "message"), root.Text("delta"), root, update, isRefusal: true);
                break;
            case "response.output_text.done" when Find(root, "message") is { } message && message.IsNew(PartOf(root)):
                TakeText(message, root.Text("text"), root, update, isRefusal: false);
                break;
            case "response.refusal.done" when Find(root, "message") is { } message && message.IsNew(PartOf(root)):
                TakeText(message, root.Text("refusal"), root, update, isRefusal: true);
                break;
            case "response.output_text.annotation.added":
                TakeAnnotation(root, update);
                break;
            case "response.reasoning_summary_text.delta" or "response.reasoning_text.delta":
                TakeReasoning(Find(root, "reasoning"), root.Text("delta"), type, PartOf(root), update);
                break;
            case "response.reasoning_summary_text.done" or "response.reasoning_text.done":
                if (Find(root, "reasoning") is var reasoning && reasoning.IsNew(PartOf(root)))
                    TakeReasoning(reasoning, root.Text("text"), type, PartOf(root), update);
                break;
            case "response.function_call_arguments.delta" or "response.custom_tool_call_input.delta":
                TakeArguments(Find(root, "function_call"), TextOf(root.Member("delta")), update);
                break;
            case "response.function_call_arguments.done" or "response.custom_tool_call_input.done":
                var call = Find(root, "function_call");
                call.Name ??= root.Text("name") is { Length: > 0 } name ? name : null;
                TakeWholeArguments(call, TextOf(root.Member("arguments") ?? root.Member("input")), update);
                break;
        }
    }

    /// <summary>Reads the items that no event has announced from the finished answer: some servers stream only the text.</summary>
    public void TakeMissed(JsonElement output, ChatResponseUpdate update)
    {
        var index = 0;
        foreach (var wire in output.EnumerateArray())
        {
            var at = index++;
            if (wire.ValueKind != JsonValueKind.Object)
                continue;
            var id = wire.Text("id");
            // Text events without an item belong to the message of the answer.
            if (!_items.Exists(item => (id is not null && item.Id == id) || item.Index == at
                || (item.Id is null && item.Index is null && item.Type == wire.Text("type"))))
                Close(wire, default, update);
        }
    }

    /// <summary>Adds the whole calls.</summary>
    public void Complete(ChatResponseUpdate update)
    {
        foreach (var item in _items.Where(item => item.IsCall).OrderBy(item => item.Call))
        {
            var arguments = item.Arguments.ToString();
            var call = item.IsCustom
                ? ItemDecoder.Custom(item.CallId ?? "", item.Name ?? "", arguments)
                : ToolArguments.ToCall(item.CallId ?? "", item.Name ?? "", arguments);
            call.AdditionalProperties![CanonicalKeys.ToolCallIndex] = item.Call;
            if (item.Wire is { } wire)
                call.AdditionalProperties[ItemKeys.Item] = wire;
            update.Contents.Add(call);
        }
    }

    private static int PartOf(JsonElement root) => root.Place("summary_index") ?? root.Place("content_index") ?? 0;

    private static string? TextOf(JsonElement? value) => value switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        // Some servers send the object itself instead of a string that holds it.
        { } other => WireJson.ToJson(other),
    };

    private Item Open(JsonElement wire, JsonElement root, ChatResponseUpdate update)
    {
        var item = new Item { Type = wire.Text("type") ?? "", Id = wire.Text("id"), Index = root.Integer("output_index"), Wire = wire };
        _budget.Begin();
        _items.Add(item);
        if (item.Type == "message")
        {
            item.IsLater = _messageSeen;
            _messageSeen = true;
        }

        if (item.Type is not ("function_call" or "custom_tool_call"))
            return item;
        BecomeCall(item);
        item.CallId = wire.Text("call_id") is { Length: > 0 } id ? id : item.Id;
        item.Name = wire.Text("name") is { Length: > 0 } name ? name : null;
        TakeArguments(item, TextOf(wire.Member("arguments") ?? wire.Member("input")) ?? "", update);
        return item;
    }

    private void BecomeCall(Item item)
    {
        item.IsCall = true;
        if (item.Type != "custom_tool_call")
            item.Type = "function_call";
        item.IsCustom = item.Type == "custom_tool_call";
        item.Call = _calls++;
    }

    /// <summary>Ends an item, and emits what no earlier event brought.</summary>
    private void Close(JsonElement wire, JsonElement root, ChatResponseUpdate update)
    {
        var known = Known(wire.Text("id"), root.Integer("output_index"), wire.Text("type"));
        var item = known is null || IsAnotherCall(known, wire) ? Open(wire, root, update) : known;
        item.IsDone = true;
        item.Wire = wire;
        if (item.Type is not ("message" or "reasoning" or "function_call" or "custom_tool_call"))
            item.Type = wire.Text("type") ?? "";
        switch (item.Type)
        {
            case "function_call" or "custom_tool_call":
                item.CallId ??= wire.Text("call_id") is { Length: > 0 } id ? id : null;
                item.Name ??= wire.Text("name") is { Length: > 0 } name ? name : null;
                TakeWholeArguments(item, TextOf(wire.Member("arguments") ?? wire.Member("input")), update);
                break;
            case "message":
                CloseMessage(item, wire, update);
                break;
            case "reasoning":
                var whole = ItemDecoder.Reasoning(wire);
                if (item.HasText)
                    whole.Text = "";
                update.Contents.Add(whole);
                break;
            case ImageItem.Type:
                update.Contents.Add(ImageItem.Read(wire));
                break;
            case McpApproval.Type:
                update.Contents.Add(McpApproval.Read(wire));
                break;
            default:
                update.Contents.Add(ContentDecoder.Whole(wire));
                break;
        }
    }

    /// <summary>Whether the call is finished and this is another one under its index: some servers write 0 on all of them.</summary>
    private static bool IsAnotherCall(Item known, JsonElement wire) => known is { IsCall: true, IsDone: true }
        && ((wire.Text("call_id") is { Length: > 0 } id && id != known.CallId)
            || (wire.Text("name") is { Length: > 0 } name && name != known.Name));

    private static void CloseMessage(Item item, JsonElement wire, ChatResponseUpdate update)
    {
        if (item.HasText || wire.Member("content") is not { ValueKind: JsonValueKind.Array } content)
            return;
        var first = update.Contents.Count;
        ContentDecoder.AddContents(content, update.Contents, "output.content");
        if (update.Contents.Count > first)
            Mark(item, update.Contents[first], update);
    }

    /// <summary>
    /// Keeps the item where its message begins: for the first beside the content, as a whole answer keeps it on the message, for a later
    /// one on the text, to separate it from the one before.
    /// </summary>
    private static void Mark(Item item, AIContent content, ChatResponseUpdate update)
    {
        if (item.Wire is not { } wire)
            return;
        if (item.IsLater)
            (content.AdditionalProperties ??= [])[ItemKeys.Item] = wire;
        else
            (update.AdditionalProperties ??= [])[ItemKeys.Item] = wire;
    }

    private static void TakeText(Item item, string? text, JsonElement root, ChatResponseUpdate update, bool isRefusal)
    {
        if (text is not { Length: > 0 })
            return;
        var begins = !item.HasText;
        item.Parts.Add(PartOf(root));
        var content = new TextContent(text);
        if (isRefusal)
            content.AdditionalProperties = new() { [CanonicalKeys.Refusal] = true };
        if (begins)
            Mark(item, content, update);
        update.Contents.Add(content);
        if (root.Member("logprobs") is { ValueKind: JsonValueKind.Array } logProbs
            && AnswerDecoder.ToChatLogProbs(logProbs.EnumerateArray()) is { } kept)
        {
            (update.AdditionalProperties ??= [])[CanonicalKeys.LogProbs] = kept;
        }
    }

    private static void TakeAnnotation(JsonElement root, ChatResponseUpdate update)
    {
        if (root.Member("annotation") is not { } wire || AnnotationCodec.Read(wire) is not { } citation)
            return;
        update.Contents.Add(new TextContent("") { Annotations = [citation] });
        if (AnnotationCodec.ToChat(citation) is { } chat)
            (update.AdditionalProperties ??= [])[CanonicalKeys.DeltaPrefix + "annotations"] = chat;
    }

    private static void TakeReasoning(Item item, string? text, string type, int part, ChatResponseUpdate update)
    {
        // Reasoning is emitted either as its text or as its summary, whichever comes first: both would repeat it.
        var isSummary = type.StartsWith("response.reasoning_summary", StringComparison.Ordinal);
        if (text is not { Length: > 0 } || (item.IsSummary ?? isSummary) != isSummary)
            return;
        var isFirst = !item.HasText;
        item.IsSummary = isSummary;
        if (item.Parts.Add(part) && !isFirst)
            text = "\n\n" + text;
        var content = new TextReasoningContent(text);
        if (isFirst)
        {
            // On the first piece, because that is the one whose properties survive when pieces are joined.
            content.AdditionalProperties = new() { [CanonicalKeys.ReasoningOrigin] = DialectId.OpenAIResponses.Value };
            if (item.Wire is { } wire)
                content.AdditionalProperties[ItemKeys.Item] = wire;
        }

        update.Contents.Add(content);
    }

    private void TakeWholeArguments(Item item, string? arguments, ChatResponseUpdate update)
    {
        if (arguments is { Length: > 0 } && item.Arguments.Length == 0)
            TakeArguments(item, arguments, update);
        else
            TakeArguments(item, "", update);
    }

    private void TakeArguments(Item item, string? piece, ChatResponseUpdate update)
    {
        if (!item.IsCall)
            BecomeCall(item);
        piece ??= "";
        _budget.Take(piece);
        item.Arguments.Append(piece);

        // A call opens with its name. Until that is known its arguments wait, because clients take the name from the first fragment only.
        var opens = !item.IsOpen && item.Name is not null;
        if (!opens && (!item.IsOpen || piece.Length == 0))
            return;
        item.IsOpen = true;
        update.Contents.Add(new ToolCallFragment
        {
            Index = item.Call,
            CallId = opens ? item.CallId ??= $"call_{item.Call}" : null,
            Name = opens ? item.Name : null,
            Arguments = opens ? item.Arguments.ToString() : piece,
            IsCustom = item.IsCustom,
            AdditionalProperties = opens && item.Wire is { } wire ? new() { [ItemKeys.Item] = wire } : null,
        });
    }

    /// <summary>The item an event belongs to; an item that no event has opened is opened now.</summary>
    private Item Find(JsonElement root, string type)
    {
        if (Known(root.Text("item_id"), root.Integer("output_index"), type) is { } known)
            return known;
        var item = new Item
        {
            Type = type,
            Id = root.Text("item_id"),
            Index = root.Integer("output_index"),
            IsLater = _messageSeen && type == "message",
        };
        _budget.Begin();
        _items.Add(item);
        _messageSeen |= type == "message";
        return item;
    }

    /// <summary>The id decides; for a server that changes ids in the stream, or leaves them out, the index does.</summary>
    private Item? Known(string? id, long? index, string? type) =>
        _items.FindLast(item => id is not null && item.Id == id)
        ?? _items.FindLast(item => index is not null && item.Index == index && item.IsOf(type))
        ?? (id is null && index is null ? _items.FindLast(item => item.IsOf(type)) : null);

    private sealed class Item
    {
        /// <summary>The type of the item; set by a later event where the first had none.</summary>
        public required string Type { get; set; }

        public string? Id { get; init; }

        public long? Index { get; init; }

        /// <summary>The item as last sent.</summary>
        public JsonElement? Wire { get; set; }

        /// <summary>The parts whose text has been emitted.</summary>
        public HashSet<int> Parts { get; } = [];

        public bool HasText => Parts.Count > 0;

        /// <summary>Whether it is a message after another one.</summary>
        public bool IsLater { get; set; }

        /// <summary>Whether the emitted reasoning is the summary; null before any.</summary>
        public bool? IsSummary { get; set; }

        public bool IsCall { get; set; }

        public bool IsCustom { get; set; }

        public bool IsOpen { get; set; }

        public bool IsDone { get; set; }

        public int Call { get; set; }

        public string? CallId { get; set; }

        public string? Name { get; set; }

        public StringBuilder Arguments { get; } = new();

        public bool IsNew(int part) => !Parts.Contains(part);

        public bool IsOf(string? type) => type is null || Type == type || (IsCall && type is "function_call" or "custom_tool_call");
    }
}
