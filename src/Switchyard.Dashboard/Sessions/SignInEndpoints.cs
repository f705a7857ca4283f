using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Switchyard.Configuration;
using Switchyard.Gateway.Admin;
using Switchyard.Identity;

namespace Switchyard.Dashboard.Sessions;

/// <summary>Signing in and out: plain forms, so that a user has no circuit before signing in.</summary>
internal static partial class SignInEndpoints
{
    /// <summary>The path of the form, below the dashboard's path.</summary>
    public const string Path = "/sign-in";

    /// <summary>The page of the owner of a client's key.</summary>
    public const string OwnPage = "/mine";

    /// <summary>The query parameter with the page to open after signing in.</summary>
    public const string ReturnParameter = "return";

    private const string NoKey = "This key is not known here, or may no longer be used.";
    private const string Field = "key";
    private const int LongestCredential = 8192;

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(Path, Show);
        endpoints.MapPost(Path, SignInAsync).WithMetadata(new RequestSizeLimit(2 * LongestCredential));
        endpoints.MapPost("/sign-out", SignOutAsync).WithMetadata(new RequestSizeLimit(2 * LongestCredential));
    }

    private static RazorComponentResult<SignInPage> Show(HttpContext http) =>
        PageOf(http, Wanted(http), problem: null, StatusCodes.Status200OK);

    private static async Task<IResult> SignInAsync(HttpContext http, IAntiforgery antiforgery, AdminAdmission admission)
    {
        var wanted = Wanted(http);
        if (await FormProblemAsync(http, antiforgery) is { } broken)
            return PageOf(http, wanted, broken, StatusCodes.Status400BadRequest);
        var key = http.Request.Form[Field].ToString().Trim();
        var logger = http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(SignInEndpoints));
        AdminUser? user;
        try
        {
            user = key.Length is 0 or > LongestCredential ? null : await admission.FindAsync(key, http.RequestAborted);
        }
        catch (AdminException problem)
        {
            LogRefused(logger, problem.Code);
            return PageOf(http, wanted, problem.Message, problem.Status);
        }

        if (user is null)
        {
            LogRefused(logger, "invalid_key");
            return PageOf(http, wanted, NoKey, StatusCodes.Status401Unauthorized);
        }

        await EnterAsync(http, user, key, logger);
        return Results.LocalRedirect(wanted ?? $"{http.Request.PathBase}{(user.Role == AdminRole.Caller ? OwnPage : "/")}");
    }

    /// <summary>Signs in a user who has presented a credential.</summary>
    public static async Task EnterAsync(HttpContext http, AdminUser user, string credential, ILogger logger)
    {
        var services = http.RequestServices;
        var ticket = SessionTicket.Create(
            user, credential, services.GetRequiredService<TimeProvider>().GetUtcNow(),
            services.GetRequiredService<DashboardOptions>().Session);
        await http.SignInAsync(SessionTicket.Scheme, ticket, new() { ExpiresUtc = SessionTicket.EndOf(ticket), IsPersistent = false });
        LogSignedIn(logger, user);
    }

    private static async Task<IResult> SignOutAsync(HttpContext http, IAntiforgery antiforgery, EndedSessions ended)
    {
        // The user is still signed in: showing the sign-in form would suggest the opposite.
        if (await FormProblemAsync(http, antiforgery) is not null)
            return Results.LocalRedirect($"{http.Request.PathBase}/");
        ended.End(http.User);
        await http.SignOutAsync(SessionTicket.Scheme);
        return Results.LocalRedirect($"{http.Request.PathBase}{Path}");
    }

    /// <summary>Why a form was not sent by our page; null if it was.</summary>
    private static async Task<string?> FormProblemAsync(HttpContext http, IAntiforgery antiforgery)
    {
        if (!http.Request.HasFormContentType)
            return "The request must be the form of the sign-in page.";
        try
        {
            await antiforgery.ValidateRequestAsync(http);
            return null;
        }
        catch (AntiforgeryValidationException)
        {
            return "This form was not sent from this page, or is too old. Try again.";
        }
    }

    /// <summary>The sign-in form, with the reason why signing in failed.</summary>
    public static RazorComponentResult<SignInPage> PageOf(HttpContext http, string? wanted, string? problem, int status)
    {
        http.Response.StatusCode = status;
        return new(new Dictionary<string, object?>
        {
            ["Wanted"] = wanted,
            ["Problem"] = problem,
            ["OffersIssuer"] = http.RequestServices.GetRequiredService<AdminSignIn>().IsOffered,
        })
        {
            StatusCode = status,
        };
    }

    /// <summary>
    /// The page to open after signing in; null if none is named, it is not below our path, or a header cannot hold it.
    /// </summary>
    public static string? Wanted(HttpContext http) => http.Request.Query[ReturnParameter].ToString() is { Length: > 0 } wanted
        && wanted.StartsWith($"{http.Request.PathBase}/", StringComparison.Ordinal)
        && !LeadsUp(wanted) && !wanted.Contains('\\', StringComparison.Ordinal) && !wanted.AsSpan().ContainsAnyExceptInRange(' ', '~')
        ? wanted
        : null;

    /// <summary>Whether a browser would leave our path by a part <c>..</c>, which may be written with <c>%2e</c>.</summary>
    private static bool LeadsUp(string address) =>
        address.Split('?', '#')[0].Split('/').Any(part => part.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) == "..");

    [LoggerMessage(1, LogLevel.Information, "{User} signed in to the dashboard")]
    private static partial void LogSignedIn(ILogger logger, AdminUser user);

    [LoggerMessage(2, LogLevel.Warning, "Sign-in to the dashboard failed: {Code}")]
    private static partial void LogRefused(ILogger logger, string code);

    private sealed record RequestSizeLimit(long? MaxRequestBodySize) : Microsoft.AspNetCore.Http.Metadata.IRequestSizeLimitMetadata;
}
