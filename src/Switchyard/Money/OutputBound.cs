using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>How many tokens an answer can have at most.</summary>
internal static class OutputBound
{
    /// <summary>What is taken where neither the client nor the catalogue knows a limit: 32,768 tokens.</summary>
    public const long Unknown = 32_768;

    /// <summary>The most tokens of one answer.</summary>
    /// <param name="call">The call.</param>
    /// <param name="target">The target.</param>
    /// <param name="cap">A limit of our own; null for none.</param>
    public static long Of(ModelCall call, Deployment target, long? cap)
    {
        if (!Generates(call.Envelope.Operation))
            return 0;
        var most = target.MaxOutputTokens ?? Unknown;
        var asked = cap ?? call.Envelope.MaxOutputTokens;
        // A client may ask for more than the model gives; what the model gives is what is billed. A model whose limit is not known may
        // give all that is asked for.
        return asked is not { } limit ? most : target.MaxOutputTokens is null ? limit : Math.Min(limit, most);
    }

    /// <summary>Whether answers of an operation are generated, so that they can have a limit.</summary>
    public static bool Generates(CallOperation operation) => operation is CallOperation.Chat or CallOperation.Completion;
}
