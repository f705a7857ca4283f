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
    private readonly List<StreamedItem> _items = [];
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
                if (root.Member("annotation") is { } annotation)
                    TakeAnnotations(Known(root.Text("item_id"), root.Integer("output_index"), "message"), [annotation], update);
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

    private StreamedItem Open(JsonElement wire, JsonElement root, ChatResponseUpdate update)
    {
        var item = new StreamedItem
        {
            Type = wire.Text("type") ?? "",
            Id = wire.Text("id"),
            Index = root.Integer("output_index"),
            Wire = wire,
        };
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

    private void BecomeCall(StreamedItem item)
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
    private static bool IsAnotherCall(StreamedItem known, JsonElement wire) => known is { IsCall: true, IsDone: true }
        && ((wire.Text("call_id") is { Length: > 0 } id && id != known.CallId)
            || (wire.Text("name") is { Length: > 0 } name && name != known.Name));

    private static void CloseMessage(StreamedItem item, JsonElement wire, ChatResponseUpdate update)
    {
        if (wire.Member("content") is not { ValueKind: JsonValueKind.Array } content)
            return;
        if (item.HasText)
        {
            TakeUnsaid(item, content, update);
            return;
        }

        var first = update.Contents.Count;
        ContentDecoder.AddContents(content, update.Contents, "output.content");
        if (update.Contents.Count > first)
            Mark(item, update.Contents[first], update);
    }

    /// <summary>
    /// Emits what only the finished message has beside the text that has been streamed: parts of other types, which have no events of
    /// their own, a text without pieces, and citations.
    /// </summary>
    private static void TakeUnsaid(StreamedItem item, JsonElement content, ChatResponseUpdate update)
    {
        var (texts, citations) = (new List<AIContent>(), new List<JsonElement>());
        var (at, all, unsaid) = (0, 0, 0);
        foreach (var part in content.EnumerateArray())
        {
            var number = at++;
            if (part.Text("type") is not { } type)
                continue;
            if (TextPart(part, type) is not { } text)
            {
                update.Contents.Add(ContentDecoder.Whole(part));
                continue;
            }

            all += text.Text.Length;
            if (item.IsNew(number) && text.Text.Length > 0)
            {
                unsaid += text.Text.Length;
                texts.Add(text);
            }
            else if (part.Member("annotations") is { ValueKind: JsonValueKind.Array } annotations)
            {
                citations.AddRange(annotations.EnumerateArray());
            }
        }

        if (!item.IsCited)
            TakeAnnotations(item, citations, update);
        // Some servers stream every part under the number 0: then no length is missing, and the text is not repeated.
        if (unsaid != all - item.Length)
            return;
        foreach (var text in texts)
            update.Contents.Add(text);
    }

    private static TextContent? TextPart(JsonElement part, string type)
    {
        var isRefusal = type == "refusal";
        if (!isRefusal && type is not ("output_text" or "text" or "input_text"))
            return null;
        var text = new TextContent(part.Text(isRefusal ? "refusal" : "text") ?? "");
        if (isRefusal)
            text.AdditionalProperties = new() { [CanonicalKeys.Refusal] = true };
        else if (part.Member("annotations") is { ValueKind: JsonValueKind.Array } annotations)
            AnnotationCodec.Attach(annotations, text);
        return text;
    }

    /// <summary>
    /// Keeps the item where its message begins: for the first beside the content, as a whole answer keeps it on the message, for a later
    /// one on the text, to separate it from the one before.
    /// </summary>
    private static void Mark(StreamedItem item, AIContent content, ChatResponseUpdate update)
    {
        if (item.Wire is not { } wire)
            return;
        if (item.IsLater)
            (content.AdditionalProperties ??= [])[ItemKeys.Item] = wire;
        else
            (update.AdditionalProperties ??= [])[ItemKeys.Item] = wire;
    }

    private static void TakeText(StreamedItem item, string? text, JsonElement root, ChatResponseUpdate update, bool isRefusal)
    {
        if (text is not { Length: > 0 })
            return;
        var begins = !item.HasText;
        item.Parts.Add(PartOf(root));
        item.Length += text.Length;
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

    private static void TakeAnnotations(StreamedItem? item, IEnumerable<JsonElement> annotations, ChatResponseUpdate update)
    {
        List<AIAnnotation> citations = [.. annotations.Select(AnnotationCodec.Read).OfType<AIAnnotation>()];
        if (citations.Count == 0)
            return;
        item?.IsCited = true;
        update.Contents.Add(new TextContent("") { Annotations = citations });
        if (AnnotationCodec.ToChat(citations.OfType<CitationAnnotation>()) is { } chat)
            (update.AdditionalProperties ??= [])[CanonicalKeys.DeltaPrefix + "annotations"] = chat;
    }

    private static void TakeReasoning(StreamedItem item, string? text, string type, int part, ChatResponseUpdate update)
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

    private void TakeWholeArguments(StreamedItem item, string? arguments, ChatResponseUpdate update)
    {
        if (arguments is { Length: > 0 } && item.Arguments.Length == 0)
            TakeArguments(item, arguments, update);
        else
            TakeArguments(item, "", update);
    }

    private void TakeArguments(StreamedItem item, string? piece, ChatResponseUpdate update)
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
    private StreamedItem Find(JsonElement root, string type)
    {
        if (Known(root.Text("item_id"), root.Integer("output_index"), type) is { } known)
            return known;
        var item = new StreamedItem
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
    private StreamedItem? Known(string? id, long? index, string? type) =>
        _items.FindLast(item => id is not null && item.Id == id)
        ?? _items.FindLast(item => index is not null && item.Index == index && item.IsOf(type))
        ?? (id is null && index is null ? _items.FindLast(item => item.IsOf(type)) : null);
}
