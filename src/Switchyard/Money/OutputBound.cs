using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>How many tokens an answer can have at most.</summary>
internal static class OutputBound
{
    /// <summary>What is taken where neither the client nor the catalogue knows a limit: 32,768 tokens.</summary>
    public const long Unknown = 32_768;

    /// <summary>The smallest limit that some formats know, 16 tokens: a smaller one becomes it on the way to them.</summary>
    private const long Least = 16;

    /// <summary>The most tokens of one answer.</summary>
    /// <param name="call">The call.</param>
    /// <param name="target">The target.</param>
    /// <param name="cap">A limit of our own; null for none.</param>
    public static long Of(ModelCall call, Deployment target, long? cap)
    {
        if (!Generates(call.Envelope.Operation) && !MakesMedia(call.Envelope.Operation))
            return 0;
        return Known(call, target, cap) ?? Unknown;
    }

    /// <summary>The same; null where neither the client nor the catalogue knows a limit.</summary>
    /// <param name="call">The call.</param>
    /// <param name="target">The target.</param>
    /// <param name="cap">A limit of our own; null for none.</param>
    public static long? Known(ModelCall call, Deployment target, long? cap)
    {
        long? most = target.MaxOutputTokens;
        // A client may ask for more than the model gives; what the model gives is what is billed. A model whose limit is not known may
        // give all that is asked for.
        return (cap ?? call.Envelope.MaxOutputTokens) is not { } asked
            ? most
            : Math.Min(Math.Max(asked, Least), most ?? long.MaxValue);
    }

    /// <summary>Whether answers of an operation are generated, so that they can have a limit.</summary>
    public static bool Generates(CallOperation operation) => operation is CallOperation.Chat or CallOperation.Completion;

    /// <summary>Whether answers are images, audio or the words of it, which some models bill as tokens.</summary>
    private static bool MakesMedia(CallOperation operation) => operation is CallOperation.ImageGeneration or CallOperation.ImageEdit
        or CallOperation.Speech or CallOperation.Transcription or CallOperation.AudioTranslation;
}
