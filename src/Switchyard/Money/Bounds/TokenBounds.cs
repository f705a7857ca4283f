using System.Text.Json;
using Switchyard.Calls;

namespace Switchyard.Money.Bounds;

/// <summary>
/// The maximum number of tokens of a request, without a tokenizer. No tokenizer makes more than one token of a byte, so text counts its
/// bytes, including the JSON around it. Other content has its own rules: an image counts 5,000 tokens, audio a token for every 100 bytes
/// and at least 1,000, another file a token for every 2 bytes, and a file named by its address or id 20,000.
/// </summary>
internal readonly record struct TokenBounds(long Input, int Choices)
{
    /// <summary>The most answers that a request can ask for.</summary>
    internal const int MaxChoices = 128;

    /// <summary>The part of <see cref="Input"/> that is for files, or is already in tokens instead of bytes of text.</summary>
    public long Files { get; init; }

    /// <summary>Whether the prompt has parts outside the request, stored at the provider (a stored prompt, cached content).</summary>
    public bool HasMore { get; init; }

    /// <summary>Whether the unread part of a form may request more than <see cref="Choices"/>.</summary>
    public bool MayAskForMore { get; init; }

    /// <summary>The maximum number of web searches by the provider.</summary>
    public ushort WebSearches { get; init; }

    /// <summary>The maximum number of searches in files stored at the provider.</summary>
    public ushort FileSearches { get; init; }

    /// <summary>
    /// The maximum number of further requests to a model that the provider makes for the call and bills, each with the prompt and an
    /// answer: one to shorten the conversation, and those to an advisor.
    /// </summary>
    public int Further { get; init; }

    /// <summary>Reads a request's bounds.</summary>
    public static TokenBounds Of(CallBody body) => body switch
    {
        { Wire: { } wire } => OfJson(wire.Memory.Span),
        // A form is audio, or images with a text; its size is known only after it was sent.
        { Streamed: { } form } => new(ContentTokens.Referred, Math.Clamp(form.Choices, 1, MaxChoices))
        {
            MayAskForMore = form.Choices <= 0,
        },
        _ => CanonicalTokens.BoundsOf(body.GetCanonical()),
    };

    /// <summary>The maximum of all requests to a model together.</summary>
    /// <param name="tokens">The maximum of one.</param>
    public long OfAllRequests(long tokens)
    {
        var requests = 1L + Further;
        // A limit beyond measure must not overflow, because a hold of 0 would be no hold.
        return tokens > long.MaxValue / requests ? long.MaxValue : tokens * requests;
    }

    private static TokenBounds OfJson(ReadOnlySpan<byte> json)
    {
        var scan = default(TokenScan);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 512 });
        ReadOnlySpan<byte> name = default;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName)
                    name = NameOf(ref reader);
                scan.Take(ref reader, name);
            }
        }
        catch (JsonException)
        {
            // The dialect reports the error.
        }

        return scan.BoundsOf(json.Length);
    }

    /// <summary>A member's name as a JSON reader sees it, with escapes decoded.</summary>
    private static ReadOnlySpan<byte> NameOf(scoped ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
            return reader.ValueSpan;
        var plain = new byte[reader.ValueSpan.Length];
        try
        {
            return plain.AsSpan(0, reader.CopyString(plain));
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: not a name that matters here.
            return default;
        }
    }
}
