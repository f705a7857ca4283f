using Switchyard.Canonical;

namespace Switchyard.Providers;

/// <summary>The operations of providers in this process. A client does not declare its own; these are the ones it could serve.</summary>
internal static class InProcessOperations
{
    private static readonly CallOperation[] s_usual = [CallOperation.Chat, CallOperation.Completion, CallOperation.Embedding];
    private static readonly CallOperation[] s_counting = [.. s_usual, CallOperation.CountTokens];

    public static IReadOnlyList<CallOperation> Of(IChatClientProvider provider) => provider.CountsTokens ? s_counting : s_usual;
}
