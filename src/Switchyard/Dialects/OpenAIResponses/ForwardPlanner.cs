using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// Decides what must change in a client's bytes before they go to a target of the same format: the model, a field's name if the provider
/// knows it by another, and a refused field that has the default value. If another field would have to be dropped the request is translated
/// instead, because only translation reports what it dropped.
/// </summary>
internal static class ForwardPlanner
{
    public static ForwardEdits? Plan(CallEnvelope envelope, ReadOnlySpan<byte> body, EgressTarget target)
    {
        // Only the provider that encrypted it can read it; another refuses the whole request.
        if (target.IsFallbackFromAnotherProvider && body.IndexOf("encrypted_content"u8) >= 0)
            return null;
        // Another model's reasoning, which the provider does not know: most bodies hold none, and then as many items as encrypted texts.
        if (MemberScan.CountValues(body, "\"type\""u8, "\"reasoning\""u8) is > 0 and var items
            && (items > MemberScan.CountTexts(body, "\"encrypted_content\""u8) || ReasoningOrigin.HoldsCarried(body))
            && ReasoningOrigin.HoldsForeign(body))
        {
            return null;
        }

        var edits = new List<ForwardEdit>();
        var (start, length) = envelope.ModelRange.GetOffsetAndLength(body.Length);
        if (!body.Slice(start, length).SequenceEqual(target.ModelJson.Span))
            edits.Add(new ForwardEdit(start, length, target.ModelJson));
        var quirks = target.Quirks;
        if ((quirks.UnsupportedParams.Count > 0 || quirks.RenamedParams.Count > 0) && !EditNames(body, quirks, edits))
            return null;
        return edits.Count == 0 ? ForwardEdits.None : new ForwardEdits([.. edits.OrderBy(edit => edit.Start)]);
    }

    /// <returns>False when a field would have to be dropped.</returns>
    private static bool EditNames(ReadOnlySpan<byte> body, ProviderQuirks quirks, List<ForwardEdit> edits)
    {
        var reader = new Utf8JsonReader(body);
        reader.Read();
        var removed = new RemovedMembers();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = (int)reader.TokenStartIndex;
            var length = reader.ValueSpan.Length + 2;
            if (UnsupportedName(ref reader, quirks) is { } unsupported)
            {
                reader.Read();
                if (!FieldDefaults.IsDefault(unsupported, JsonElement.ParseValue(ref reader)))
                    return false;
                removed.Add(start, (int)reader.BytesConsumed);
                continue;
            }

            if (removed.TryClose(body, out var edit))
                edits.Add(edit);
            foreach (var (ours, theirs) in quirks.RenamedParams)
            {
                if (reader.ValueTextEquals(ours))
                    edits.Add(new ForwardEdit(start, length, WireJson.Quote(theirs)));
            }

            reader.Read();
            reader.Skip();
        }

        if (removed.TryClose(body, out var lastEdit))
            edits.Add(lastEdit);
        return true;
    }

    private static string? UnsupportedName(ref Utf8JsonReader reader, ProviderQuirks quirks)
    {
        foreach (var name in quirks.UnsupportedParams)
        {
            if (reader.ValueTextEquals(name))
                return name;
        }

        return null;
    }
}
