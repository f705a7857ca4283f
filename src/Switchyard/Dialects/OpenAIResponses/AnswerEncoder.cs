using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>Writes a whole answer. Missing ids are made from the answer's own, the same ones each time.</summary>
internal static class AnswerEncoder
{
    public static void Encode(CanonicalAnswer answer, AnswerContext context, IBufferWriter<byte> output)
    {
        if (context.Kept is { } turn && answer is CanonicalChatAnswer { Response: var asked })
        {
            var whole = new ArrayBufferWriter<byte>();
            using (var own = new Utf8JsonWriter(whole, WireJson.WriterOptions))
                Encode(own, asked, context);
            turn.Take(whole.WrittenSpan);
            output.Write(whole.WrittenSpan);
            return;
        }

        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        switch (answer)
        {
            case CanonicalChatAnswer chat:
                Encode(writer, chat.Response, context);
                break;
            case CanonicalTokenCount count:
                writer.WriteStartObject();
                writer.WriteString("object"u8, "response.input_tokens"u8);
                writer.WriteNumber("input_tokens"u8, count.InputTokens);
                writer.WriteEndObject();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(answer), answer, "Not an answer this format has a shape for.");
        }
    }

    private static void Encode(Utf8JsonWriter writer, ChatResponse response, AnswerContext context)
    {
        var kept = response.AdditionalProperties;
        var native = KeptFields.Find(kept, DialectId.OpenAIResponses, "status");
        var identity = ResponseIdentity.Of(response.ResponseId, response.ModelId, response.CreatedAt, context);
        if (native is not null && context.Kept is null && response.ResponseId is { } id)
            identity = identity with { Id = id };
        var incomplete = FinishReasons.WriteIncomplete(response.FinishReason);
        var status = incomplete is not null ? "incomplete"
            : native is { ValueKind: JsonValueKind.String } word ? word.GetString()!
            : "completed";
        new ResponseWriter(context).Begin(writer, identity, status, incomplete, error: null, kept);
        writer.WriteStartArray("output"u8);
        var losses = new AnswerLosses(context, DialectId.OpenAIResponses);
        losses.Members(kept, isCited: false);
        new Items(writer, identity, incomplete is null ? "completed" : "incomplete", losses, CarriedReasoning.IsAsked(context.Request))
            .Write(response.Messages);
        writer.WriteEndArray();
        ResponseWriter.End(writer, status, TokenUsage.From(response.Usage), KeptFields.Find(kept, DialectId.OpenAIResponses, "usage"));
    }

    /// <summary>Whether an item or a part exists for the content.</summary>
    public static bool Holds(AIContent content) =>
        content is TextContent or TextReasoningContent or FunctionCallContent or ToolCallFragment or UsageContent
        || ImageItem.Holds(content) || ItemKeys.RawOf(content) is not null;

    public static bool HoldsCitation(AIContent content, CitationAnnotation citation) => AnnotationCodec.CanWrite(citation);

    /// <summary>The items of one answer.</summary>
    private sealed class Items(
        Utf8JsonWriter writer, ResponseIdentity identity, string lastStatus, AnswerLosses losses, bool carriesReasoning)
    {
        private readonly List<OutputPart> _parts = [];
        private readonly List<TextReasoningContent> _reasoning = [];
        private JsonElement? _item;
        private List<JsonElement> _logProbs = [];
        private int _count;

        public void Write(IList<ChatMessage> messages)
        {
            foreach (var message in messages)
            {
                if (losses.LeavesOut(message.AdditionalProperties))
                    continue;
                var item = ItemKeys.ItemOf(message.AdditionalProperties);
                _logProbs = LogProbsOf(message.AdditionalProperties);
                foreach (var content in message.Contents)
                {
                    // The contents of a tool's messages are not output of the model.
                    if (losses.Take(content, message.Role == ChatRole.Assistant && Holds(content), HoldsCitation) is { } held)
                        Take(held, ref item);
                }

                losses.TakeMembers(
                    message.AdditionalProperties, message.Contents.Any(AnswerLosses.IsCited), holdsLogProbs: _logProbs.Count == 0);
            }

            Flush(lastStatus);
        }

        public static List<JsonElement> LogProbsOf(AdditionalPropertiesDictionary? kept) =>
            kept.Element(CanonicalKeys.LogProbs) is { } element
            && element.Member("content") is { ValueKind: JsonValueKind.Array } entries
                ? [.. entries.EnumerateArray()]
                : [];

        private void Take(AIContent content, ref JsonElement? messageItem)
        {
            switch (content)
            {
                case TextContent text:
                    var own = ItemKeys.ItemOf(text.AdditionalProperties);
                    if (_reasoning.Count > 0 || (own is not null && _parts.Count > 0))
                        Flush("completed");
                    if (_parts.Count == 0)
                        (_item, messageItem) = (own ?? messageItem, null);
                    Add(text);
                    break;
                case TextReasoningContent reasoning:
                    if (_parts.Count > 0 || (carriesReasoning && CarriedReasoning.IsRedacted(reasoning)))
                        Flush("completed");
                    _reasoning.Add(reasoning);
                    if (ItemKeys.RawOf(reasoning) is not null || reasoning.ProtectedData is not null)
                        Flush("completed");
                    break;
                case FunctionCallContent call:
                    Flush("completed");
                    if (carriesReasoning && CarriedReasoning.Of(call) is { } signature)
                        OutputWriter.WriteReasoning(writer, identity.ReasoningId(_count++), "completed", "", signature);
                    var item = ItemKeys.ItemOf(call.AdditionalProperties);
                    var group = ItemKeys.NamespaceOf(call.AdditionalProperties);
                    var written = new WrittenCall(Source: null, call.CallId, call.Name, ItemKeys.IsCustom(call), group);
                    OutputWriter.WriteCall(
                        writer, item?.Text("id") ?? NextId(written.IsCustom ? "ctc" : "fc"), item?.Text("status") ?? StatusOf(call),
                        written, ItemKeys.ArgumentsOf(call), item);
                    break;
                case not null when ItemKeys.RawOf(content) is { } raw:
                    Flush("completed");
                    _count++;
                    raw.WriteTo(writer);
                    break;
                case DataContent image when ImageItem.Holds(image):
                    Flush("completed");
                    ImageItem.Write(writer, image, NextId("ig"));
                    break;
            }
        }

        private void Add(TextContent text)
        {
            var part = new OutputPart(ItemKeys.IsRefusal(text));
            part.Text.Append(text.Text);
            part.Annotations.AddRange(text.Annotations?.OfType<CitationAnnotation>() ?? []);
            // Log probabilities are kept for the whole text, not by part.
            if (!part.IsRefusal)
            {
                part.LogProbs.AddRange(_logProbs);
                _logProbs = [];
            }

            _parts.Add(part);
        }

        /// <summary>A call whose arguments were cut off is not complete.</summary>
        private string StatusOf(FunctionCallContent call) => call.Exception is null ? "completed" : lastStatus;

        private void Flush(string status)
        {
            // Other formats end an answer with an empty text that only carries a signature. Clients that parse each part would fail on it.
            if (_item is null)
                _parts.RemoveAll(static part => part is { Text.Length: 0, Annotations.Count: 0, LogProbs.Count: 0 });
            if (_parts.Count > 0 && (_item is not null || _parts.Exists(part => part.Text.Length > 0)))
                OutputWriter.WriteMessage(writer, _item?.Text("id") ?? NextId("msg"), _item?.Text("status") ?? status, _parts, _item);
            _parts.Clear();
            _item = null;
            WriteReasoning(status);
        }

        private void WriteReasoning(string status)
        {
            if (_reasoning.Count == 0)
                return;
            var last = _reasoning[^1];
            var text = string.Concat(_reasoning.Select(part => part.Text));
            var encrypted = ItemKeys.IsOurs(last) ? last.ProtectedData : carriesReasoning ? CarriedReasoning.Of(last) : null;
            _reasoning.Clear();
            if (ItemKeys.RawOf(last) is { } raw)
            {
                _count++;
                raw.WriteTo(writer);
            }
            else if (text.Length > 0 || encrypted is not null)
            {
                OutputWriter.WriteReasoning(writer, identity.ReasoningId(_count++), status, text, encrypted);
            }
        }

        private string NextId(string prefix) => identity.ItemId(prefix, _count++);
    }
}
