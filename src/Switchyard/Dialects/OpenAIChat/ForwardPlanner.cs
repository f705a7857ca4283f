using System.Buffers;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// Decides what must change in a client's bytes before they go to a target of the same format. The client's bytes are kept unless the
/// provider is known to refuse a field: it is renamed in place if only its name is refused, and removed if it has the default value; if it
/// would have to be dropped the request is translated instead, because only translation reports what it dropped.
/// </summary>
internal static class ForwardPlanner
{
    private static readonly byte[] InsertedStreamOptions = "\"stream_options\":{\"include_usage\":true},"u8.ToArray();
    private static readonly byte[] IncludeUsageObject = "{\"include_usage\":true}"u8.ToArray();

    public static ForwardEdits? Plan(CallEnvelope envelope, ReadOnlySpan<byte> body, EgressTarget target)
    {
        var quirks = target.Quirks;
        // A client that sends top_k, as clients of these servers do, also reads the list that they answer with.
        if (envelope.Operation == CallOperation.Rerank && quirks.RerankList && !Names(body, "top_k"))
            return null;
        // Only a translated request is sent in several.
        if (envelope.Operation == CallOperation.Embedding && quirks.MaxEmbeddingInputs is { } most && InputCount.Exceeds(body, most))
            return null;
        if (QuirkScanner.MustTranslate(body, quirks) || (quirks.ThinkingParts && MayAnswerInParts(envelope, body, target)))
            return null;
        var edits = new EditList();
        EditModel(envelope, body, target, ref edits);

        var wantsUsage = envelope.Stream && !envelope.IncludeUsage
            && envelope.Operation is CallOperation.Chat or CallOperation.Completion;
        var sentStreamOptions = !envelope.StreamOptionsRange.Equals(default);
        if (quirks.StreamOptions && wantsUsage)
            EditStreamOptions(envelope, body, sentStreamOptions, ref edits);

        var mustRemove = sentStreamOptions && !quirks.StreamOptions;
        var hasNames = quirks.UnsupportedParams.Count > 0 || quirks.RenamedParams.Count > 0 || !quirks.FloatEncodingFormat;
        var renamesLimit = TakesNewLimitOnly(envelope, body, target);
        if (HasChatFields(envelope.Operation) && (mustRemove || hasNames || renamesLimit)
            && !EditNames(body, quirks, mustRemove, renamesLimit, ref edits))
        {
            return null;
        }

        return edits.ToForwardEdits(hidesUsageFrame: quirks.StreamOptions && wantsUsage);
    }

    /// <summary>
    /// Whether the fields a provider's quirks name are those of the request: in a rerank or image request, `n` has another meaning.
    /// </summary>
    private static bool HasChatFields(CallOperation operation) =>
        operation is CallOperation.Chat or CallOperation.Completion or CallOperation.Embedding;

    /// <summary>
    /// Whether <c>max_tokens</c> must be renamed if it is what limits the answer: OpenAI's models that reason refuse it, and most clients
    /// of compatible servers write it for every model. Beside the new name it stays: renamed it would be the same name twice, of which
    /// servers take the last, and clients that write every field write null there.
    /// </summary>
    private static bool TakesNewLimitOnly(CallEnvelope envelope, ReadOnlySpan<byte> body, EgressTarget target) =>
        envelope is { Operation: CallOperation.Chat, MaxOutputTokens: not null }
        && target is { Facts.Reasoning: true, Quirks.MaxTokensField: not "max_tokens" }
        && !Names(body, "max_completion_tokens");

    /// <summary>
    /// Whether the answer may contain reasoning as parts of its content, where clients of this format expect one string, so that it must be
    /// translated. A client that sends such parts, or fields only those servers know, reads them.
    /// </summary>
    private static bool MayAnswerInParts(CallEnvelope envelope, ReadOnlySpan<byte> body, EgressTarget target)
    {
        var facts = target.Facts;
        if (envelope.Operation != CallOperation.Chat || facts.Reasoning == false)
            return false;
        // A model with the effort "none" reasons only on request.
        var always = facts.Reasoning == true && !facts.ReasoningEfforts.Contains("none");
        return (always || Names(body, "reasoning_effort"))
            && !NamesOneOf(body, target.Quirks.OwnFields)
            && MemberScan.CountValues(body, "\"type\""u8, "\"thinking\""u8) == 0;
    }

    private static bool NamesOneOf(ReadOnlySpan<byte> body, IReadOnlyList<string> names)
    {
        var reader = new Utf8JsonReader(body);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            for (var i = 0; i < names.Count; i++)
            {
                if (reader.ValueTextEquals(names[i]))
                    return true;
            }

            reader.Skip();
        }

        return false;
    }

    private static bool Names(ReadOnlySpan<byte> body, ReadOnlySpan<char> name)
    {
        var reader = new Utf8JsonReader(body);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(name))
                return true;
            reader.Skip();
        }

        return false;
    }

    private static void EditModel(CallEnvelope envelope, ReadOnlySpan<byte> body, EgressTarget target, ref EditList edits)
    {
        var model = target.ModelJson;
        if (envelope.ModelRange.Equals(default))
        {
            // Moderations may leave the model out, and so may a request with the model in its path.
            var at = AfterOpeningBrace(body);
            var isAlone = body[at..].TrimStart(" \t\r\n"u8)[0] == (byte)'}';
            byte[] member = [.. "\"model\":"u8, .. model.Span, .. isAlone ? ""u8 : ","u8];
            edits.Add(new ForwardEdit(at, 0, member));
            return;
        }

        var (start, length) = envelope.ModelRange.GetOffsetAndLength(body.Length);
        if (!body.Slice(start, length).SequenceEqual(model.Span))
            edits.Add(new ForwardEdit(start, length, model));
    }

    private static void EditStreamOptions(CallEnvelope envelope, ReadOnlySpan<byte> body, bool sent, ref EditList edits)
    {
        if (!sent)
        {
            edits.Add(new ForwardEdit(AfterOpeningBrace(body), 0, InsertedStreamOptions));
            return;
        }

        var (start, length) = envelope.StreamOptionsRange.GetOffsetAndLength(body.Length);
        edits.Add(new ForwardEdit(start, length, WithIncludeUsage(body.Slice(start, length))));
    }

    /// <summary>The client's own object with <c>include_usage</c> set and its other members as they were.</summary>
    private static ReadOnlyMemory<byte> WithIncludeUsage(ReadOnlySpan<byte> streamOptions)
    {
        var reader = new Utf8JsonReader(streamOptions);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return IncludeUsageObject;
        var output = new ArrayBufferWriter<byte>(streamOptions.Length + IncludeUsageObject.Length);
        output.Write("{\"include_usage\":true"u8);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = (int)reader.TokenStartIndex;
            var replaced = reader.ValueTextEquals("include_usage"u8);
            reader.Read();
            reader.Skip();
            if (replaced)
                continue;
            output.Write(","u8);
            output.Write(streamOptions[start..(int)reader.BytesConsumed]);
        }

        output.Write("}"u8);
        return output.WrittenMemory;
    }

    /// <summary>
    /// Renames the fields the provider knows under another name. Removes those it refuses if that loses nothing: with the value that is its
    /// default, and <c>stream_options</c>.
    /// </summary>
    /// <returns>False if a field would have to be dropped or the request rewritten.</returns>
    private static bool EditNames(
        ReadOnlySpan<byte> body, ProviderQuirks quirks, bool removeStreamOptions, bool renamesLimit, ref EditList edits)
    {
        var reader = new Utf8JsonReader(body);
        reader.Read();
        var removed = new RemovedMembers();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = (int)reader.TokenStartIndex;
            var end = (int)reader.BytesConsumed;
            while (body[end - 1] != (byte)'"')
                end--;
            var newName = NewName(ref reader, quirks, renamesLimit);
            var isRemoved = false;
            if (reader.ValueTextEquals("stream_options"u8))
            {
                reader.Read();
                if (removeStreamOptions && !HoldsOnlyIncludeUsage(ref reader))
                    return false;
                isRemoved = removeStreamOptions;
                if (!removeStreamOptions)
                    reader.Skip();
            }
            else if (newName is null && UnsupportedName(ref reader, quirks) is { } unsupported)
            {
                reader.Read();
                if (!FieldDefaults.IsDefault(unsupported, JsonElement.ParseValue(ref reader)))
                    return false;
                isRemoved = true;
            }
            else if (!CanKeep(ref reader, body, quirks, newName, out isRemoved))
            {
                return false;
            }
            else if (newName is not null && !isRemoved)
            {
                edits.Add(new ForwardEdit(start, end - start, WireJson.Quote(newName)));
            }

            if (isRemoved)
                removed.Add(start, (int)reader.BytesConsumed);
            else if (removed.TryClose(body, out var edit))
                edits.Add(edit);
        }

        if (removed.TryClose(body, out var lastEdit))
            edits.Add(lastEdit);
        return true;
    }

    /// <summary>Whether a field can go out, if need be under another name. Moves the reader to the end of its value.</summary>
    /// <param name="reader">On the field's name.</param>
    /// <param name="body">The request.</param>
    /// <param name="quirks">The provider's quirks.</param>
    /// <param name="newName">The name at the provider; null for the same.</param>
    /// <param name="isRemoved">Whether it is left out instead, which loses nothing.</param>
    private static bool CanKeep(
        ref Utf8JsonReader reader, ReadOnlySpan<byte> body, ProviderQuirks quirks, string? newName, out bool isRemoved)
    {
        isRemoved = false;
        var isFormat = !quirks.FloatEncodingFormat && reader.ValueTextEquals("encoding_format"u8);
        reader.Read();
        // Not cut out: a provider that refuses it sends a usage that lacks a count which clients that name floats expect.
        if (isFormat && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("float"u8))
            return false;
        var isNull = reader.TokenType == JsonTokenType.Null;
        reader.Skip();
        // Renamed it would be the same name twice. Clients that write every field write null in the one they do not use.
        isRemoved = newName is not null && Names(body, newName);
        return !isRemoved || isNull;
    }

    private static string? NewName(ref Utf8JsonReader reader, ProviderQuirks quirks, bool renamesLimit)
    {
        foreach (var (ours, theirs) in quirks.RenamedParams)
        {
            if (reader.ValueTextEquals(ours))
                return theirs;
        }

        // max_tokens and max_completion_tokens mean the same, so the one the provider takes is written.
        if (reader.ValueTextEquals("max_tokens"u8) && quirks.MaxTokensField != "max_tokens"
            && (renamesLimit || IsUnsupported(ref reader, quirks)))
        {
            return quirks.MaxTokensField;
        }

        if (reader.ValueTextEquals("max_completion_tokens"u8) && quirks.MaxTokensField != "max_completion_tokens"
            && IsUnsupported(ref reader, quirks))
        {
            return quirks.MaxTokensField;
        }

        return null;
    }

    private static bool IsUnsupported(ref Utf8JsonReader reader, ProviderQuirks quirks) => UnsupportedName(ref reader, quirks) is not null;

    private static string? UnsupportedName(ref Utf8JsonReader reader, ProviderQuirks quirks)
    {
        for (var i = 0; i < quirks.UnsupportedParams.Count; i++)
        {
            if (reader.ValueTextEquals(quirks.UnsupportedParams[i]))
                return quirks.UnsupportedParams[i];
        }

        return null;
    }

    /// <summary>Whether removing it loses nothing: a provider that refuses <c>stream_options</c> reports usage unasked.</summary>
    private static bool HoldsOnlyIncludeUsage(ref Utf8JsonReader reader)
    {
        var only = true;
        if (reader.TokenType != JsonTokenType.StartObject)
            return only;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            only &= reader.ValueTextEquals("include_usage"u8);
            reader.Read();
            reader.Skip();
        }

        return only;
    }

    private static int AfterOpeningBrace(ReadOnlySpan<byte> body) => body.IndexOf((byte)'{') + 1;

    /// <summary>Up to two edits, the ordinary case, without a list.</summary>
    private struct EditList
    {
        private ForwardEdit _first;
        private ForwardEdit _second;
        private List<ForwardEdit>? _all;
        private int _count;

        public void Add(ForwardEdit edit)
        {
            if (_count == 0)
                _first = edit;
            else if (_count == 1)
                _second = edit;
            else
                (_all ??= [_first, _second]).Add(edit);
            _count++;
        }

        public readonly ForwardEdits ToForwardEdits(bool hidesUsageFrame)
        {
            ForwardEdit[] edits = _count switch
            {
                0 => [],
                1 => [_first],
                2 => _first.Start <= _second.Start ? [_first, _second] : [_second, _first],
                _ => [.. _all!.OrderBy(edit => edit.Start)],
            };
            return edits.Length == 0 && !hidesUsageFrame ? ForwardEdits.None : new ForwardEdits(edits)
            {
                HidesUsageFrame = hidesUsageFrame,
            };
        }
    }
}
