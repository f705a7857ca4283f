using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Switchyard.Configuration;
using Switchyard.Gateway.Admin;

namespace Switchyard.Dashboard.Sessions;

/// <summary>
/// Signing in at an issuer: a browser is sent there, and comes back with a code. The random values of this sign-in are in a separate
/// encrypted cookie, so that a link sent by an attacker cannot sign in a user.
/// </summary>
internal static partial class SingleSignOn
{
    /// <summary>The path that sends a browser to the issuer, below the dashboard's path.</summary>
    public const string Path = "/sign-in/issuer";

    private const string Back = "/sign-in/back";
    private const string Cookie = "switchyard_journey";
    private const char Between = '\n';

    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10);

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(Path, LeaveAsync);
        endpoints.MapGet(Back, ReturnAsync);
    }

    private static async Task<IResult> LeaveAsync(HttpContext http, AdminSignIn signIn)
    {
        try
        {
            var journey = await signIn.BeginAsync(
                $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}{Back}", http.RequestAborted);
            var ends = TimeOf(http).GetUtcNow() + s_longest;
            var kept = string.Join(
                Between, ends.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), journey.State, journey.Nonce, journey.Verifier,
                journey.Callback, SignInEndpoints.Wanted(http) ?? "");
            http.Response.Cookies.Append(Cookie, Protector(http).Protect(kept), CookieOptions(http));
            return Results.Redirect(journey.Address);
        }
        catch (AdminException problem)
        {
            return SignInEndpoints.PageOf(http, SignInEndpoints.Wanted(http), problem.Message, problem.Status);
        }
    }

    private static async Task<IResult> ReturnAsync(HttpContext http, AdminSignIn signIn)
    {
        var logger = http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(SingleSignOn));
        http.Response.Cookies.Delete(Cookie, CookieOptions(http));
        if (Read(http) is not var (journey, wanted))
            return Refuse(http, logger, null, "This sign-in took too long, or was not started in this browser. Start again.", "no_journey");
        if (http.Request.Query["error"].ToString() is { Length: > 0 })
            return Refuse(http, logger, wanted, "The issuer did not sign you in. Try again, or use a key.", "issuer_refused");
        try
        {
            var (user, token) = await signIn.CompleteAsync(journey, http.Request.Query["code"].ToString(), http.RequestAborted);
            await SignInEndpoints.EnterAsync(http, user, token, logger);
            // A page instead of a redirect: the browser comes from another site, so it would not send the new SameSite=Strict cookie with
            // the redirected request.
            return Results.Content(
                $"""
                <!DOCTYPE html><html lang="en"><head><title>Signed in</title>
                <meta http-equiv="refresh" content="0;url={Address(http, wanted)}"></head></html>
                """,
                "text/html; charset=utf-8");
        }
        catch (AdminException problem)
        {
            return Refuse(http, logger, wanted, problem.Message, problem.Code, problem.Status);
        }
    }

    private static string Address(HttpContext http, string? wanted) =>
        System.Text.Encodings.Web.HtmlEncoder.Default.Encode(wanted ?? $"{http.Request.PathBase}/");

    private static RazorComponentResult<SignInPage> Refuse(
        HttpContext http, ILogger logger, string? wanted, string problem, string code, int status = StatusCodes.Status400BadRequest)
    {
        LogRefused(logger, code);
        return SignInEndpoints.PageOf(http, wanted, problem, status);
    }

    /// <summary>The sign-in that a browser comes back from; null if another browser began it, or it expired.</summary>
    private static (SignInJourney Journey, string? Wanted)? Read(HttpContext http)
    {
        string[] kept;
        try
        {
            kept = Protector(http).Unprotect(http.Request.Cookies[Cookie] ?? "").Split(Between);
        }
        catch (CryptographicException)
        {
            return null;
        }

        var holds = kept.Length == 6
            && long.TryParse(kept[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ends)
            && TimeOf(http).GetUtcNow().ToUnixTimeSeconds() < ends
            && CryptographicOperations.FixedTimeEquals(
                Encoding.UTF8.GetBytes(kept[1]), Encoding.UTF8.GetBytes(http.Request.Query["state"].ToString()));
        return holds ? (new("", kept[1], kept[2], kept[3], kept[4]), kept[5].Length > 0 ? kept[5] : null) : null;
    }

    // Lax, because the browser comes back from another site.
    private static CookieOptions CookieOptions(HttpContext http) => new()
    {
        HttpOnly = true,
        IsEssential = true,
        MaxAge = s_longest,
        Path = $"{http.Request.PathBase}/sign-in",
        SameSite = SameSiteMode.Lax,
        Secure = http.Request.IsHttps,
    };

    private static IDataProtector Protector(HttpContext http) =>
        http.RequestServices.GetRequiredService<IDataProtectionProvider>().CreateProtector(typeof(SingleSignOn).FullName!);

    private static TimeProvider TimeOf(HttpContext http) => http.RequestServices.GetRequiredService<TimeProvider>();

    [LoggerMessage(1, LogLevel.Warning, "Single sign-on to the dashboard failed: {Code}")]
    private static partial void LogRefused(ILogger logger, string code);
}
