using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Dialects.Json;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// Decides what must change in a client's bytes before they go to a target of the same format: the model, and a field's name where the
/// provider knows it by another. Where a field would have to be dropped the request is translated instead, because only translation reports
/// what it dropped.
/// </summary>
internal static class ForwardPlanner
{
    public static ForwardEdits? Plan(CallEnvelope envelope, ReadOnlySpan<byte> body, EgressTarget target)
    {
        // Only the provider that encrypted it can read it; another refuses the whole request.
        if (target.IsFallbackFromAnotherProvider && body.IndexOf("encrypted_content"u8) >= 0)
            return null;
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
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = (int)reader.TokenStartIndex;
            var length = reader.ValueSpan.Length + 2;
            foreach (var name in quirks.UnsupportedParams)
            {
                if (reader.ValueTextEquals(name))
                    return false;
            }

            foreach (var (ours, theirs) in quirks.RenamedParams)
            {
                if (reader.ValueTextEquals(ours))
                    edits.Add(new ForwardEdit(start, length, WireJson.Quote(theirs)));
            }

            reader.Read();
            reader.Skip();
        }

        return true;
    }
}
