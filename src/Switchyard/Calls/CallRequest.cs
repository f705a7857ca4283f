namespace Switchyard.Calls;

/// <summary>What an entry hands to the engine: a request that has been read. A value, so that it costs no allocation.</summary>
public readonly struct CallRequest
{
    /// <summary>A request.</summary>
    /// <param name="envelope">What every policy needs to know.</param>
    /// <param name="body">The request's body. The call releases it when it ends.</param>
    public CallRequest(CallEnvelope envelope, CallBody body)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        ArgumentNullException.ThrowIfNull(body);
        Envelope = envelope;
        Body = body;
    }

    /// <summary>What every policy needs to know.</summary>
    public CallEnvelope Envelope { get; }

    /// <summary>The request's body.</summary>
    public CallBody Body { get; }

    /// <summary>Who is calling; null is <see cref="Calls.Caller.Anonymous"/>.</summary>
    public Caller? Caller { get; init; }

    /// <summary>Whether the client itself asked that a field which cannot be carried be a 400.</summary>
    public bool Strict { get; init; }

    /// <summary>
    /// The configuration to run on, held by whoever made the request (<c>SwitchyardEngine.Hold</c>) because key, size and route must be
    /// judged by the same one; null takes the one in force.
    /// </summary>
    public CallSnapshot? Snapshot { get; init; }
}
