using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Dialects.Shared.Fields;

/// <summary>
/// A mark on the options that a client of OpenAI chat sent an impossible limit as <c>max_completion_tokens</c>, for the error that names
/// the field. It is not a wire field, so no format writes or reports it.
/// </summary>
internal static class NewerLimit
{
    public const string Field = "max_completion_tokens";

    private static readonly string s_key = CanonicalKeys.Own(DialectId.OpenAIChat, Field);

    public static void Mark(AdditionalPropertiesDictionary kept) => kept[s_key] = new Sent();

    public static bool IsMarked(AdditionalPropertiesDictionary? kept) =>
        kept is not null && kept.TryGetValue(s_key, out var value) && value is Sent;

    /// <summary>Not a plain value, which would count as a field if the request is replaced.</summary>
    private sealed record Sent;
}
