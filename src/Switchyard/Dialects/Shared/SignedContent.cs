using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// The origin of a signature or of encrypted reasoning: only the dialect it came from writes it back, because only its providers can read
/// it.
/// </summary>
internal static class SignedContent
{
    /// <summary>Whether a provider of this dialect made it.</summary>
    public static bool IsFrom(AIContent content, DialectId dialect) => IsFrom(content.AdditionalProperties, dialect);

    /// <summary>The same for the members of an item.</summary>
    public static bool IsFrom(AdditionalPropertiesDictionary? kept, DialectId dialect) =>
        string.Equals(kept.Text(CanonicalKeys.ReasoningOrigin), dialect.Value, StringComparison.OrdinalIgnoreCase);
}
