using Switchyard.Canonical;

namespace Switchyard.Providers;

/// <summary>The operations of in-process providers. A client does not declare its operations; these are the possible ones.</summary>
internal static class InProcessOperations
{
    private static readonly CallOperation[] s_usual = [CallOperation.Chat, CallOperation.Completion, CallOperation.Embedding];
    private static readonly CallOperation[] s_counting = [.. s_usual, CallOperation.CountTokens];

    public static IReadOnlyList<CallOperation> Of(IChatClientProvider provider) => provider.CountsTokens ? s_counting : s_usual;
}
