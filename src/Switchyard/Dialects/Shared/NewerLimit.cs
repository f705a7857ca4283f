using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// That a client of OpenAI chat wrote a limit nobody can keep as <c>max_completion_tokens</c>: a mark on the options, for the error that
/// names the field. It is no wire field, so no format writes or reports it.
/// </summary>
internal static class NewerLimit
{
    public const string Field = "max_completion_tokens";

    private static readonly string s_key = CanonicalKeys.Own(DialectId.OpenAIChat, Field);

    public static void Mark(AdditionalPropertiesDictionary kept) => kept[s_key] = true;

    public static bool IsMarked(AdditionalPropertiesDictionary? kept) => kept.IsTrue(s_key);
}
