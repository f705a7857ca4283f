using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Switchyard.Gateway.Admin;

/// <summary>
/// The version of a resource, as its <c>ETag</c>: a hash of what can be set, without what is only counted.
/// </summary>
internal static class AdminVersion
{
    private const int Length = 16;

    /// <summary>The version of these settings.</summary>
    public static string Of(string settings) =>
        $"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(settings)))[..Length]}\"";

    /// <summary>Checks that the client has seen the current version.</summary>
    /// <param name="http">The request.</param>
    /// <param name="current">The current version; null if it does not exist yet.</param>
    /// <exception cref="AdminException">
    /// The client has seen another version (<c>If-Match</c>), or expects none (<c>If-None-Match: *</c>): 412. An invalid header: 400.
    /// </exception>
    public static void Check(HttpContext http, string? current)
    {
        if (TagsOf(http, HeaderNames.IfMatch) is { Count: > 0 } seen && !seen.Any(tag => Means(tag, current)))
        {
            throw new AdminException(
                StatusCodes.Status412PreconditionFailed, "changed_meanwhile",
                current is null
                    ? "It no longer exists, so it does not have the version of If-Match. Leave If-Match out to create it."
                    : $"It was changed meanwhile: its version is {current}. GET it again, and send that version as If-Match.");
        }

        if (TagsOf(http, HeaderNames.IfNoneMatch).Any(tag => Means(tag, current)))
        {
            throw new AdminException(
                StatusCodes.Status412PreconditionFailed, "exists_already",
                $"It exists already, with the version {current}. Leave If-None-Match out to change it.");
        }
    }

    /// <summary>
    /// The versions that a header names; empty without the header. One that cannot be read is refused: a change that is meant for one
    /// version must not be made to any other.
    /// </summary>
    private static IList<EntityTagHeaderValue> TagsOf(HttpContext http, string header)
    {
        List<string> sent = [.. http.Request.Headers[header].OfType<string>().Where(text => text.Length > 0)];
        return sent.Count == 0 ? []
            : EntityTagHeaderValue.TryParseList(sent, out var tags) ? tags
            : throw AdminException.BadRequest(
                header == HeaderNames.IfMatch ? "invalid_if_match" : "invalid_if_none_match",
                $"'{header}' must be the ETag of a GET with its quotation marks, such as \"0123456789abcdef\", or *.");
    }

    private static bool Means(EntityTagHeaderValue tag, string? current) =>
        current is not null && (tag == EntityTagHeaderValue.Any || tag.Tag.Equals(current, StringComparison.Ordinal));
}
