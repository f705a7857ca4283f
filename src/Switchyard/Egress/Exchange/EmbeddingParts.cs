using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Egress.Exchange;

/// <summary>
/// The parts of an embedding request with more texts than its provider takes at once. They are sent one after the other within one attempt,
/// and their answers become one. All are encoded before the first is sent, so that a text which cannot be sent costs nothing.
/// </summary>
/// <param name="headers">The headers that carry fields of the request; the same for each part.</param>
internal sealed class EmbeddingParts(IReadOnlyList<KeyValuePair<string, string>> headers) : IDisposable
{
    /// <summary>
    /// The most texts of one request that are sent in parts, as many as OpenAI takes in one. Without a limit a body of some megabytes could
    /// be millions of parts, each with a buffer and a request of its own.
    /// </summary>
    public const int MostTexts = 2048;

    private readonly Queue<Part> _waiting = new();
    private readonly List<CanonicalEmbeddingAnswer> _answers = [];
    private Part _current;

    /// <summary>The headers of each part.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; } = headers;

    /// <summary>Whether a part has not been sent.</summary>
    public bool HasNext => _waiting.Count > 0;

    /// <summary>How many texts the part holds that was sent last.</summary>
    public int Asked => _current.Texts;

    /// <summary>The usage of the parts that were answered.</summary>
    public TokenUsage Usage { get; private set; }

    /// <summary>The number of characters of the texts that were answered.</summary>
    public long Characters { get; private set; }

    /// <summary>Adds a part.</summary>
    /// <param name="request">Its request.</param>
    /// <param name="body">The body made of it. The parts dispose it unless it is taken by <see cref="Next"/>.</param>
    public void Add(CanonicalEmbeddingRequest request, HttpContent body) => _waiting.Enqueue(
        new(body, request.Inputs.Count, request.Inputs.Sum(static input => (long)(input.Text?.Length ?? 0))));

    /// <summary>The body of the next part, which the caller sends and disposes.</summary>
    public HttpContent Next()
    {
        _current = _waiting.Dequeue();
        return _current.Body;
    }

    /// <summary>Keeps the answer to the part that was sent last.</summary>
    public void Take(CanonicalEmbeddingAnswer answer)
    {
        // Vectors beyond the texts of this part would take the places of those of the next.
        while (answer.Embeddings.Count > Asked)
            answer.Embeddings.RemoveAt(answer.Embeddings.Count - 1);
        _answers.Add(answer);
        Usage = Usage.Plus(answer.Usage);
        Characters += _current.Characters;
    }

    /// <summary>One answer of all that were taken, with the sum of their usage.</summary>
    public CanonicalEmbeddingAnswer Join()
    {
        var joined = new GeneratedEmbeddings<Embedding<float>>(_answers.SelectMany(static answer => answer.Embeddings));
        foreach (var (name, value) in _answers[0].Embeddings.AdditionalProperties ?? [])
        {
            // The counts as they were written are those of one part.
            if (name != CanonicalKeys.RawUsage)
                (joined.AdditionalProperties ??= [])[name] = value;
        }

        if (!Usage.IsEmpty)
            joined.Usage = Usage.ToUsageDetails();
        return new CanonicalEmbeddingAnswer(joined);
    }

    public void Dispose()
    {
        while (_waiting.TryDequeue(out var part))
            part.Body.Dispose();
    }

    private readonly record struct Part(HttpContent Body, int Texts, long Characters);
}
