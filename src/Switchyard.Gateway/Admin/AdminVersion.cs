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
    /// <exception cref="AdminProblem">The client has seen another (<c>If-Match</c>), or none (<c>If-None-Match: *</c>): 412.</exception>
    public static void Check(HttpContext http, string? current)
    {
        var headers = http.Request.GetTypedHeaders();
        if (headers.IfMatch is { Count: > 0 } seen && !seen.Any(tag => Means(tag, current)))
        {
            throw new AdminProblem(
                StatusCodes.Status412PreconditionFailed, "changed_meanwhile",
                current is null
                    ? "There is no such thing any more, so it does not have the version of If-Match. Leave If-Match out to make it."
                    : $"It has been changed meanwhile: its version is {current}. GET it again, and send that as If-Match.");
        }

        if (current is not null && headers.IfNoneMatch is { Count: > 0 } unseen && unseen.Any(tag => Means(tag, current)))
        {
            throw new AdminProblem(
                StatusCodes.Status412PreconditionFailed, "exists_already",
                $"It is there already, with the version {current}. Leave If-None-Match out to change it.");
        }
    }

    private static bool Means(EntityTagHeaderValue tag, string? current) =>
        current is not null && (tag == EntityTagHeaderValue.Any || tag.Tag.Equals(current, StringComparison.Ordinal));
}
