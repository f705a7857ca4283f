using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>How many tokens an answer can have at most.</summary>
internal static class OutputBound
{
    /// <summary>What is taken where neither the client nor the catalogue knows a limit: 32,768 tokens.</summary>
    public const long Unknown = 32_768;

    /// <summary>The most images that can be asked for at once: <c>n</c> is at most 10 (OpenAI, API reference of images).</summary>
    public const int MostImages = 10;

    /// <summary>
    /// How many answers of the longest a transcript has at most. OpenAI takes 25 minutes of audio, and cuts them in pieces where it is
    /// asked to (<c>chunking_strategy</c>), each with an answer of its own: eight of 2,000 tokens are 10 for each second.
    /// </summary>
    private const long Pieces = 8;

    /// <summary>
    /// How many tokens the speech of a byte of text has at most. A minute has 1,250 (OpenAI, prices of gpt-4o-mini-tts: 0.015 dollars a
    /// minute at 12 dollars a million), so that is five times as slow as people speak; the 4,096 characters of a request come to
    /// <see cref="Unknown"/>.
    /// </summary>
    private const long SpeechOfByte = 8;

    /// <summary>What speech has at least room for, two minutes: pauses are audio, too.</summary>
    private const long LeastSpeech = 2_500;

    /// <summary>The smallest limit that some formats know, 16 tokens: a smaller one becomes it on the way to them.</summary>
    private const long Least = 16;

    /// <summary>The most tokens of one answer.</summary>
    /// <param name="call">The call.</param>
    /// <param name="target">The target.</param>
    /// <param name="cap">A limit of our own; null for none.</param>
    public static long Of(ModelCall call, Deployment target, long? cap)
    {
        var operation = call.Envelope.Operation;
        if (Generates(operation))
            return Known(call, target, cap) ?? Unknown;
        // A limit of the client's is none of an image or of audio: such a request has no field for it.
        var most = target.MaxOutputTokens ?? Unknown;
        return MakesImages(operation) || operation == CallOperation.Speech ? most
            : IsTranscript(operation) ? Math.Max(most, Math.Min(most * Pieces, Unknown))
            : 0;
    }

    /// <summary>The most tokens of all that a request asks for at once: of several choices or images, of the speech of its text.</summary>
    /// <param name="call">The call.</param>
    /// <param name="target">The target.</param>
    /// <param name="cap">A limit of our own; null for none.</param>
    /// <param name="bounds">How large the request is.</param>
    public static long OfAll(ModelCall call, Deployment target, long? cap, in TokenBounds bounds)
    {
        var most = Of(call, target, cap);
        var operation = call.Envelope.Operation;
        if (operation == CallOperation.Speech)
            most = Math.Min(most, LeastSpeech + (bounds.Input * SpeechOfByte));
        var choices = bounds.MayAskForMore && MakesImages(operation) ? Math.Max(bounds.Choices, MostImages) : bounds.Choices;
        return most * choices;
    }

    /// <summary>The limit of one answer that is generated; null where neither the client nor the catalogue knows any.</summary>
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

    private static bool MakesImages(CallOperation operation) => operation is CallOperation.ImageGeneration or CallOperation.ImageEdit;

    private static bool IsTranscript(CallOperation operation) => operation is CallOperation.Transcription or CallOperation.AudioTranslation;
}
