using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Switchyard.Common;
using Switchyard.Gateway.Ingress;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary>An admitted admin request: reads its parameters and body, and writes its answer. All JSON is source-generated.</summary>
internal sealed class AdminCall(HttpContext http)
{
    /// <summary>The most bytes of a body.</summary>
    public const int LongestBody = 1 << 20;

    /// <summary>The most entries of a page.</summary>
    public const int LargestPage = 1000;

    private const int UsualPage = 100;

    private byte[]? _received;
    private byte[]? _answer;

    /// <summary>The request and its answer.</summary>
    public HttpContext Http => http;

    /// <summary>The user who sent the request.</summary>
    public AdminUser User { get; internal set; } = AdminUser.Nobody;

    /// <summary>The body that was read as JSON; empty before it is read.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>Cancelled when the client leaves.</summary>
    public CancellationToken Aborted => http.RequestAborted;

    /// <summary>A part of the path: <c>{name}</c>. A slash in it is escaped by clients.</summary>
    /// <exception cref="AdminException">The part is blank: no name is.</exception>
    public string Part(string name) =>
        PartOrBlank(name) is var part && !string.IsNullOrWhiteSpace(part)
            ? part
            : throw new AdminException(StatusCodes.Status404NotFound, "not_found", $"The path has no {name}.");

    /// <summary>A part of the path, which may be blank.</summary>
    public string PartOrBlank(string name) => PathValue.Of(http.Request, name);

    /// <summary>A value of the query; null without one.</summary>
    public string? Query(string name) => http.Request.Query[name].ToString() is { Length: > 0 } value ? value : null;

    /// <summary>The page of a list that is asked for: <c>?limit=</c> (100, at most 1,000) and <c>?cursor=</c>.</summary>
    /// <param name="usual">The page size if the client names none.</param>
    /// <exception cref="AdminException">The limit is not a number in range, or the page has another API's parameter.</exception>
    public AdminPage Page(int usual = UsualPage)
    {
        // The name in other APIs: ignored, it would give a client that asks for page after page the first one for ever.
        if (Query("after") is not null)
            throw AdminException.BadRequest("invalid_cursor", "This list has no 'after': send the 'next' of the page before as 'cursor'.");
        if (Query("limit") is not { } text)
            return new(usual, Query("cursor"));
        return int.TryParse(text, out var limit) && limit is > 0 and <= LargestPage
            ? new(limit, Query("cursor"))
            : throw AdminException.BadRequest("invalid_limit", $"'limit' must be a whole number from 1 to {LargestPage}.");
    }

    /// <summary>Sets a body that was read by other means, so that the audit log contains it.</summary>
    public void Took(string body) => Body = System.Text.Encoding.UTF8.GetBytes(body);

    /// <summary>Receives the body as bytes. A second call returns the same bytes.</summary>
    /// <exception cref="AdminException">The body is too large, or breaks off.</exception>
    public async Task<byte[]> ReceiveAsync()
    {
        if (_received is { } received)
            return received;
        if (http.Request.ContentLength > LongestBody)
            throw new AdminException(StatusCodes.Status413PayloadTooLarge, "request_too_large", "The body must be at most 1 MB.");
        var body = new ArrayBufferWriter<byte>();
        using (var sized = new SizedStream(http, LongestBody))
        {
            while (await sized.ReadAsync(body.GetMemory(4096), Aborted) is > 0 and var read)
                body.Advance(read);
        }

        return _received = body.WrittenSpan.ToArray();
    }

    /// <summary>Reads the body.</summary>
    /// <exception cref="AdminException">The body is too large, or not valid for this path.</exception>
    public async Task<T> ReadAsync<T>(JsonTypeInfo<T> type)
        where T : class
    {
        ReadOnlyMemory<byte> json = await ReceiveAsync();
        // Some editors and shells write a byte order mark before JSON.
        if (json.Span.StartsWith("\uFEFF"u8))
            json = json["\uFEFF"u8.Length..];
        if (JsonText.ProblemOf(json.Span) is { } problem)
            throw AdminException.BadRequest("invalid_request", $"The body cannot be read: it {problem}");
        Body = json;
        try
        {
            return JsonSerializer.Deserialize(json.Span, type)
                ?? throw AdminException.BadRequest("invalid_request", "The body must be a JSON object.");
        }
        catch (JsonException e)
        {
            // The exception's message names our types, so it is not passed on.
            var place = e.LineNumber is { } line ? $" in line {line + 1}" : "";
            var what = e.Message.Contains("could not be mapped", StringComparison.Ordinal) ? "is not a known member"
                : "is not what is expected";
            throw AdminException.BadRequest("invalid_request", $"The body cannot be read: {e.Path ?? "$"}{place} {what}.");
        }
    }

    /// <summary>Answers with a value. It is sent after the change has been written to the audit log.</summary>
    public Task AnswerAsync<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        _answer = JsonSerializer.SerializeToUtf8Bytes(value, type);
        http.Response.ContentLength = _answer.Length;
        return Task.CompletedTask;
    }

    /// <summary>Answers with bytes of another media type.</summary>
    public Task AnswerAsync(byte[] bytes, string contentType)
    {
        http.Response.ContentType = contentType;
        http.Response.ContentLength = bytes.Length;
        _answer = bytes;
        return Task.CompletedTask;
    }

    /// <summary>Sends the answer.</summary>
    internal ValueTask SendAsync() =>
        _answer is null || HttpMethods.IsHead(http.Request.Method)
            ? ValueTask.CompletedTask
            : http.Response.Body.WriteAsync(_answer, Aborted);

    /// <summary>Sets the <c>ETag</c> of the answer.</summary>
    public void SetVersion(string version) => http.Response.Headers.ETag = version;

    /// <summary>Refuses a change with 412 if the client has seen another version than the current one.</summary>
    /// <param name="current">The current version; null if it does not exist yet.</param>
    /// <exception cref="AdminException">The versions differ.</exception>
    public void CheckVersion(string? current) => AdminVersion.Check(http, current);

    /// <summary>Refuses a change with 412 if the client names a version that is not the current one.</summary>
    /// <param name="current">Reads the current version.</param>
    /// <exception cref="AdminException">The versions differ.</exception>
    public void CheckVersion(Func<string?> current)
    {
        if (http.Request.Headers.IfMatch.Count > 0 || http.Request.Headers.IfNoneMatch.Count > 0)
            AdminVersion.Check(http, current());
    }

    /// <summary>Answers 204.</summary>
    public Task DoneAsync()
    {
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}

/// <summary>A page of a list.</summary>
/// <param name="Limit">The most entries.</param>
/// <param name="After">The <c>next</c> of the previous page; null for the first.</param>
internal readonly record struct AdminPage(int Limit, string? After)
{
    /// <summary>The page of entries, which are sorted by their ids, compared ordinally.</summary>
    public AdminList<T> Of<T>(IEnumerable<T> sorted, Func<T, string> idOf)
    {
        var after = After;
        var rest = after is null ? sorted : sorted.SkipWhile(entry => string.CompareOrdinal(idOf(entry), after) <= 0);
        var page = rest.Take(Limit + 1).ToList();
        var more = page.Count > Limit;
        if (more)
            page.RemoveAt(Limit);
        return new(page, more ? idOf(page[^1]) : null);
    }
}

/// <summary>A list as the admin API answers it. Declare <c>AdminList&lt;T&gt;</c> in the feature's <c>JsonSerializerContext</c>.</summary>
/// <param name="Data">The entries of this page.</param>
/// <param name="Next">The <c>?cursor=</c> of the next page; null on the last page.</param>
internal sealed record AdminList<T>(IReadOnlyList<T> Data, string? Next)
{
    /// <summary>The constant <c>list</c>.</summary>
    [JsonPropertyOrder(-1)]
    public string Object { get; } = "list";
}
