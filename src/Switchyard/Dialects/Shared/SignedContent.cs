using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Dialects.Shared;

/// <summary>Whose a signature or encrypted reasoning is: only the dialect it came from writes it back.</summary>
internal static class SignedContent
{
    /// <summary>Whether a provider of this dialect made it.</summary>
    public static bool IsFrom(AIContent content, DialectId dialect) =>
        content.AdditionalProperties?.TryGetValue(CanonicalKeys.ReasoningOrigin, out var origin) == true
        && string.Equals(origin as string, dialect.Value, StringComparison.OrdinalIgnoreCase);
}
