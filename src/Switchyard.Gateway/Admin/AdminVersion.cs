using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Switchyard.Gateway.Admin;

/// <summary>
/// The version of something that is changed here, as its <c>ETag</c>: a hash of what can be set of it, and not of what is only counted.
/// </summary>
internal static class AdminVersion
{
    private const int Length = 16;

    /// <summary>The version of settings that are written like this.</summary>
    public static string Of(string settings) =>
        $"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(settings)))[..Length]}\"";

    /// <summary>Whether a change may be made to what has this version now, by what the client says it has seen.</summary>
    /// <param name="http">The request.</param>
    /// <param name="current">The version now; null where there is nothing yet.</param>
    /// <exception cref="AdminProblem">
    /// The client has seen another (<c>If-Match</c>), or none (<c>If-None-Match: *</c>): 412. Or what it sends is no version: 400.
    /// </exception>
    public static void Check(HttpContext http, string? current)
    {
        if (TagsOf(http, HeaderNames.IfMatch) is { Count: > 0 } seen && !seen.Any(tag => Means(tag, current)))
        {
            throw new AdminProblem(
                StatusCodes.Status412PreconditionFailed, "changed_meanwhile",
                current is null
                    ? "There is no such thing any more, so it does not have the version of If-Match. Leave If-Match out to make it."
                    : $"It has been changed meanwhile: its version is {current}. GET it again, and send that as If-Match.");
        }

        if (TagsOf(http, HeaderNames.IfNoneMatch).Any(tag => Means(tag, current)))
        {
            throw new AdminProblem(
                StatusCodes.Status412PreconditionFailed, "exists_already",
                $"It is there already, with the version {current}. Leave If-None-Match out to change it.");
        }
    }

    /// <summary>
    /// The versions that a header names; none without it. One that cannot be read is refused: a change that is meant for one version must
    /// not be made to any.
    /// </summary>
    private static IList<EntityTagHeaderValue> TagsOf(HttpContext http, string header)
    {
        List<string> sent = [.. http.Request.Headers[header].OfType<string>().Where(text => text.Length > 0)];
        return sent.Count == 0 ? []
            : EntityTagHeaderValue.TryParseList(sent, out var tags) ? tags
            : throw AdminProblem.BadRequest(
                header == HeaderNames.IfMatch ? "invalid_if_match" : "invalid_if_none_match",
                $"'{header}' holds the ETag of a GET with its quotation marks, such as \"0123456789abcdef\", or *.");
    }

    private static bool Means(EntityTagHeaderValue tag, string? current) =>
        current is not null && (tag == EntityTagHeaderValue.Any || tag.Tag.Equals(current, StringComparison.Ordinal));
}
