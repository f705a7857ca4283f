using System.Buffers;
using System.Text.Json;

namespace Switchyard.Money.Bounds;

/// <summary>What the JSON of a request adds to its <see cref="TokenBounds"/>, token by token of the JSON. No object is built.</summary>
internal struct TokenScan
{
    /// <summary>A string this long without a blank is data, not text.</summary>
    private const int LongestWord = 1_000;

    private static readonly SearchValues<byte> s_base64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_"u8);

    // More than the bytes of the JSON; less than 0 where data in it is counted as a file instead.
    private long _added;
    private long _files;
    private int _choices;
    private bool _hasMore;

    // Ranking: the bytes of the query, and the documents it is compared with.
    private long _query;
    private long _documents;
    private bool _isDocument;

    private bool _isContext;
    private bool _compacts;
    private FileKind _kind;
    private ToolBounds _tools;

    /// <summary>Takes a token of the JSON.</summary>
    /// <param name="reader">The reader, at the token.</param>
    /// <param name="name">The name of the member that it belongs to.</param>
    public void Take(scoped ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        if (_isDocument && reader.CurrentDepth == 2 && reader.TokenType is (JsonTokenType.String or JsonTokenType.StartObject))
            _documents++;
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName when reader.CurrentDepth == 1:
                _isContext = name.SequenceEqual("context_management"u8);
                _added += name.SequenceEqual("tools"u8) ? ContentTokens.ToolPrompt : 0;
                break;
            case JsonTokenType.StartObject when reader.CurrentDepth == 1:
                // A stored prompt of the Responses API is an object; elsewhere a prompt is text. Anthropic keeps threads.
                _hasMore |= name.SequenceEqual("prompt"u8) || name.SequenceEqual("thread"u8);
                break;
            case JsonTokenType.StartArray or JsonTokenType.EndArray when reader.CurrentDepth == 1:
                _isDocument = reader.TokenType == JsonTokenType.StartArray && name.SequenceEqual("documents"u8);
                break;
            // 4.0 and "4" are 4 for many servers.
            case (JsonTokenType.Number or JsonTokenType.String) when IsChoices(name, reader.CurrentDepth):
                var count = WrittenCount.Of(ref reader) ?? TokenBounds.MaxChoices;
                _choices = Math.Max(_choices, WrittenCount.Within(count, 1, TokenBounds.MaxChoices));
                break;
            case JsonTokenType.String:
                TakeString(ref reader, name);
                break;
        }

        _tools.Take(ref reader, name);
    }

    /// <summary>The bounds of the whole request.</summary>
    /// <param name="bytes">The length of its JSON.</param>
    public TokenBounds BoundsOf(int bytes)
    {
        if (_hasMore)
            _tools.MayHaveMore();
        // In ranking, the query is read with each document.
        return new(bytes + _added + (_query * _documents) + _files, Math.Clamp(_choices, 1, TokenBounds.MaxChoices))
        {
            Files = _files,
            HasMore = _hasMore,
            WebSearches = _tools.WebSearches,
            FileSearches = _tools.FileSearches,
            Further = _tools.Advice + (_compacts ? 1 : 0),
        };
    }

    private void TakeString(scoped ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        var isType = name.SequenceEqual("type"u8);
        // Anthropic's edit of a long conversation: a request of its own, with the whole prompt.
        if (_isContext && isType)
            _compacts |= reader.ValueIsEscaped || reader.ValueSpan.StartsWith("compact_"u8);
        else if (reader.CurrentDepth == 1 && IsKeptContent(name))
            _hasMore = true;
        // An item of the Responses API stored at the provider, referenced instead of sent: usually a part of an answer.
        else if (reader.CurrentDepth == 3 && isType && reader.ValueTextEquals("item_reference"u8))
            _files += ContentTokens.Referred;
        else if (reader.CurrentDepth == 1 && name.SequenceEqual("query"u8))
            _query = reader.ValueSpan.Length;
        else if (IsType(name))
            _kind = ContentTokens.KindOf(reader.ValueSpan);
        else if (IsReference(name, reader.ValueSpan))
            _files += name.SequenceEqual("image_url"u8) || name.SequenceEqual("url"u8) ? ContentTokens.Image : ContentTokens.Referred;
        else if (DataOf(name, reader.ValueSpan, ref _kind) is { IsEmpty: false } data)
        {
            _added -= data.Length;
            _files += ContentTokens.Of(_kind, data.Length);
            _kind = FileKind.Other;
        }
    }

    // Deeper, the names of Gemini's format are a tool's arguments.
    private static bool IsChoices(ReadOnlySpan<byte> name, int depth) =>
        (depth == 1 && (name.SequenceEqual("n"u8) || name.SequenceEqual("best_of"u8)))
        || (depth <= 3 && (name.SequenceEqual("candidateCount"u8) || name.SequenceEqual("candidate_count"u8)));

    private static bool IsKeptContent(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("cachedContent"u8) || name.SequenceEqual("cached_content"u8);

    private static bool IsType(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("media_type"u8) || name.SequenceEqual("mimeType"u8) || name.SequenceEqual("mime_type"u8)
        || name.SequenceEqual("format"u8);

    private static bool IsReference(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        name.SequenceEqual("file_id"u8)
        || ((name.SequenceEqual("url"u8) || name.SequenceEqual("image_url"u8) || name.SequenceEqual("file_url"u8)
                || name.SequenceEqual("fileUri"u8) || name.SequenceEqual("file_uri"u8))
            && !value.StartsWith("data:"u8));

    /// <summary>Whether a member is text for the model, whatever it looks like: digits are a token each for some models.</summary>
    private static bool IsText(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("text"u8) || name.SequenceEqual("content"u8) || name.SequenceEqual("input"u8) || name.SequenceEqual("prompt"u8)
        || name.SequenceEqual("instructions"u8) || name.SequenceEqual("system"u8) || name.SequenceEqual("output"u8)
        || name.SequenceEqual("query"u8) || name.SequenceEqual("documents"u8);

    /// <summary>The data in a string: base64, alone or in a <c>data:</c> address; empty if it is text.</summary>
    private static ReadOnlySpan<byte> DataOf(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text, ref FileKind kind)
    {
        if (IsText(name))
            return default;
        if (text.StartsWith("data:"u8) && text.IndexOf(","u8) is > 0 and var comma)
        {
            kind = ContentTokens.KindOf(text["data:".Length..comma]);
            return text[(comma + 1)..];
        }

        return text.Length > LongestWord && !text.ContainsAnyExcept(s_base64) ? text : default;
    }
}
