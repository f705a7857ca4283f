using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Writes <c>systemInstruction</c> and <c>contents</c>. Not every API of this format has ids for function responses: they are matched by
/// position and name, so they follow their calls in the same order, one for each.
/// </summary>
internal sealed class MessageEncoder(Utf8JsonWriter writer, ModelTraits model, LossReport losses)
{
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>The ids that are written on calls; models that issue ids expect them on the results as well.</summary>
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly List<AIContent> _mediaOfResults = [];
    private readonly HashSet<string> _details = new(StringComparer.Ordinal);

    /// <summary>The members that a client of this format wrote beside role and parts of the open object.</summary>
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);

    private bool? _openRole;
    private bool _userSpoke;
    private bool _everyImageHasDetail = true;

    /// <summary>The detail level of all images; null if images differ or have none.</summary>
    public string? ImageDetail => _everyImageHasDetail && _details.Count == 1 ? _details.First() : null;

    public void WriteAll(CanonicalChatRequest request)
    {
        var conversation = Conversation.Of(request, losses);
        conversation.Retain((contents, at) => HasPlace(contents[at]));
        ReportMessageMembers(request.Messages);
        conversation.RequireTurn();
        WriteSystem(conversation.System);
        WriteContents(conversation.Turns);
    }

    /// <summary>Reports image details that differ, because this format has one level for the whole request.</summary>
    public void ReportDetails()
    {
        if (ImageDetail is null && _details.Count > 0)
            losses.Drop("messages[].content[].image_url.detail");
    }

    private bool HasPlace(TurnContent item) => PartEncoder.CanWrite(item.Content, item.Path, losses);

    private void WriteSystem(List<TurnContent> system)
    {
        if (!system.Any(item => item.Content is TextContent))
        {
            foreach (var item in system)
                losses.Drop(item.Path);
            return;
        }

        writer.WriteStartObject("systemInstruction"u8);
        writer.WriteStartArray("parts"u8);
        foreach (var (content, _, path) in system)
        {
            if (content is not TextContent)
                losses.Drop(path);
            else if (PartEncoder.CanWrite(content, path, losses))
                PartEncoder.Write(writer, content, null, null);
        }

        TakeMembers(system);
        EndContent();
    }

    private void WriteContents(List<Turn> turns)
    {
        writer.WriteStartArray("contents"u8);
        var calls = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var turn in turns)
        {
            if (turn.IsAssistant)
            {
                WriteModel(turn);
                calls.Clear();
                foreach (var call in turn.Contents.Select(item => item.Content).OfType<FunctionCallContent>())
                    calls.TryAdd(call.CallId, calls.Count);
            }
            else
            {
                WriteUser(turn, calls);
            }

            TakeMembers(turn.Contents);
        }

        Close();
        writer.WriteEndArray();
    }

    private void WriteModel(Turn turn)
    {
        var isFirstCall = true;
        foreach (var (content, message, path) in turn.Contents)
        {
            if (content is not FunctionCallContent call)
            {
                Open(isModel: true);
                PartEncoder.Write(writer, content, null, ThoughtSignatures.Of(content) ?? SignatureOfJoined(turn, content, message));
                continue;
            }

            if (!_userSpoke)
            {
                throw RequestErrors.InvalidValue(
                    "messages",
                    "Invalid 'messages': the conversation begins with a tool call. This provider wants a user message before it.");
            }

            _names[call.CallId] = call.Name;
            // Only the first of parallel calls is signed. A call made by another model has no signature, and newer models require one.
            var signature = ThoughtSignatures.Of(call) ?? (isFirstCall && model.ChecksSignatures ? ThoughtSignatures.Placeholder : null);
            isFirstCall = false;
            Open(isModel: true);
            var id = call.AdditionalProperties?.ContainsKey(PartDecoder.HasWireId) == true ? call.CallId : null;
            if (id is not null)
                _ids.Add(id);
            if (!PartEncoder.Write(writer, call, id, signature))
                losses.Drop($"{path} (arguments that are no JSON object, sent as _raw)");
        }
    }

    /// <summary>The signature of a message whose streamed texts were joined: for its last text, unless another has kept it.</summary>
    private static string? SignatureOfJoined(Turn turn, AIContent content, ChatMessage message)
    {
        if (content is not TextContent || ThoughtSignatures.Of(message) is not { } signature)
            return null;
        var texts = turn.Contents.FindAll(item => item.Message == message && item.Content is TextContent);
        return ReferenceEquals(texts[^1].Content, content) && !texts.Exists(item => ThoughtSignatures.Of(item.Content) == signature)
            ? signature
            : null;
    }

    /// <param name="turn">The user's turn.</param>
    /// <param name="calls">The places of the calls that its results belong to, by id.</param>
    private void WriteUser(Turn turn, Dictionary<string, int> calls)
    {
        var results = turn.Contents.Where(item => item.Content is FunctionResultContent)
            .OrderBy(item => calls.GetValueOrDefault(((FunctionResultContent)item.Content).CallId, int.MaxValue));
        foreach (var (content, _, path) in results)
        {
            var result = (FunctionResultContent)content;
            Open(isModel: false);
            var name = _names.GetValueOrDefault(result.CallId, "");
            if (KeptFields.RawOf(result.AdditionalProperties, DialectId.Gemini) is { } raw)
            {
                ToolResultEncoder.WriteRaw(writer, raw, name);
            }
            else
            {
                new ToolResultEncoder(writer, model.TakesMediaInResults, _mediaOfResults, losses).Write(
                    result, name, _ids.Contains(result.CallId) ? result.CallId : null, path);
            }
        }

        foreach (var content in _mediaOfResults)
            WriteUserPart(content);
        _mediaOfResults.Clear();
        foreach (var (content, _, _) in turn.Contents)
        {
            if (content is not FunctionResultContent)
                WriteUserPart(content);
        }
    }

    private void WriteUserPart(AIContent content)
    {
        TakeDetail(content);
        Open(isModel: false);
        PartEncoder.Write(writer, content, null, ThoughtSignatures.Of(content));
    }

    private void TakeDetail(AIContent content)
    {
        if (content is not (DataContent or UriContent))
            return;
        if (content.AdditionalProperties.Text(CanonicalKeys.ImageDetail) is { } detail and not "auto")
            _details.Add(detail);
        else
            _everyImageHasDetail = false;
    }

    private void Open(bool isModel)
    {
        if (_openRole == isModel)
            return;
        Close();
        _openRole = isModel;
        _userSpoke |= !isModel;
        writer.WriteStartObject();
        writer.WriteString("role"u8, isModel ? "model"u8 : "user"u8);
        writer.WriteStartArray("parts"u8);
    }

    private void Close()
    {
        if (_openRole is not null)
            EndContent();
    }

    private void EndContent()
    {
        writer.WriteEndArray();
        foreach (var (name, value) in _members)
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        _members.Clear();
        writer.WriteEndObject();
    }

    /// <summary>Takes the further members of the contents that become one; of two members with one name the later wins.</summary>
    private void TakeMembers(List<TurnContent> items)
    {
        foreach (var (_, message, _) in items)
        {
            if (message.AdditionalProperties is not { } kept)
                continue;
            foreach (var (key, value) in kept)
            {
                if (value is JsonElement element && key.StartsWith(MessageDecoder.MemberPrefix, StringComparison.OrdinalIgnoreCase))
                    _members[key[MessageDecoder.MemberPrefix.Length..]] = element;
            }
        }
    }

    private void ReportMessageMembers(IReadOnlyList<ChatMessage> messages)
    {
        for (var i = 0; i < messages.Count; i++)
        {
            var (message, path) = (messages[i], MessagePlace.Of(messages[i], i));
            if (!string.IsNullOrEmpty(message.AuthorName) && message.Role != ChatRole.Tool)
                losses.Drop(path + ".name");
            KeptFields.ReportUnprefixed(
                message.AdditionalProperties, static (_, value) => value.ValueKind == JsonValueKind.Null, losses, path);
            KeptFields.ReportForeign(message.AdditionalProperties, DialectId.Gemini, losses, path);
        }
    }
}
