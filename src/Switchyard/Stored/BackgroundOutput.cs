using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.Money;

namespace Switchyard.Stored;

/// <summary>Reads the usage in the stream of an answer that is made in the background. Not thread-safe.</summary>
/// <param name="answer">The answer.</param>
/// <param name="frames">Cuts the stream into events.</param>
/// <param name="probe">Reads the events.</param>
internal sealed class BackgroundOutput(BackgroundAnswer answer, IFrameReader frames, IAnswerProbe probe) : IDownloadOutput
{
    private bool _isUnreadable;
    private bool _readsOn;

    public bool IsKnown => Knows(probe);

    /// <summary>Whether a probe has seen the end of an answer and what the answer used.</summary>
    public static bool Knows(IAnswerProbe probe) => probe is { IsUnfinished: false, Usage.Total: > 0 };

    public void Read(ReadOnlyMemory<byte> bytes)
    {
        if (_isUnreadable || IsKnown)
            return;
        try
        {
            frames.Feed(bytes);
            while (frames.TryRead(out var frame))
                probe.Observe(frame);
        }
        catch (Exception e) when (IsOfContent(e))
        {
            _isUnreadable = true;
        }
    }

    /// <summary>Reads an event at the end that no blank line follows.</summary>
    public void End()
    {
        try
        {
            if (!_isUnreadable && !IsKnown && frames.Finish(out var frame))
                probe.Observe(frame);
        }
        catch (Exception e) when (IsOfContent(e))
        {
            _isUnreadable = true;
        }
    }

    /// <inheritdoc/>
    /// <remarks>One stream is enough, however many clients have left.</remarks>
    public bool MayReadOn() => _readsOn = !_isUnreadable && answer.TryFollow();

    public void Dispose()
    {
        if (_readsOn)
            answer.Unfollow();
    }

    private static bool IsOfContent(Exception exception) => exception is CallException or JsonException or InvalidOperationException;
}
