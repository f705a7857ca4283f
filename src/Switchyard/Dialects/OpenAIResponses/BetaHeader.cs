using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// The <c>openai-beta</c> header, which clients send beside fields that are not in general use yet. A provider of this format refuses such
/// fields without it.
/// </summary>
internal static class BetaHeader
{
    /// <summary>The header's name.</summary>
    public const string Name = "openai-beta";

    // Coding agents sent it with every request while the format itself was new. It has no effect any more, so it is no loss elsewhere.
    private const string Spent = "responses=experimental";

    /// <summary>The headers of the envelope: this one, if the client sent it.</summary>
    public static IReadOnlyDictionary<string, string> Read(IReadOnlyDictionary<string, string> headers) =>
        headers.TryGetValue(Name, out var flags) && !flags.Equals(Spent, StringComparison.OrdinalIgnoreCase)
            ? new Dictionary<string, string>(StringComparer.Ordinal) { [Name] = flags }
            : CallEnvelope.NoHeaders;

    /// <summary>The header for a provider of this format. Headers of other formats are reported.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Carry(CallEnvelope envelope, LossReport losses)
    {
        // Every request takes this path, and almost none has such headers.
        if (envelope.Headers.Count == 0)
            return [];
        IReadOnlyList<KeyValuePair<string, string>> carried = [];
        foreach (var (name, value) in envelope.Headers)
        {
            if (string.Equals(name, Name, StringComparison.OrdinalIgnoreCase))
                carried = [new(Name, value)];
            else
                losses.Drop(name);
        }

        return carried;
    }
}
