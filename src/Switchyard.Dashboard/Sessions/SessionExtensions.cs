using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Dashboard.Sessions;

/// <summary>Registers sign-in: one cookie, and a policy for each role under the role's name.</summary>
internal static class SessionExtensions
{
    public static void AddSessions(this IServiceCollection services, DashboardOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<EndedSessions>();
        services.AddScoped<Visitor>();
        services.AddScoped<Actions>();
        services.AddSingleton<IAuthorizationHandler, RoleHandler>();
        services.AddAuthentication(SessionTicket.Scheme).AddCookie(SessionTicket.Scheme, cookie =>
        {
            cookie.Cookie.Name = "switchyard_session";
            cookie.Cookie.HttpOnly = true;
            cookie.Cookie.SameSite = SameSiteMode.Strict;
            cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            cookie.ExpireTimeSpan = options.Session;
            cookie.SlidingExpiration = false;
            cookie.LoginPath = SignInEndpoints.Path;
            // Only the owner of a client's key can be refused a page; this is the page for them.
            cookie.AccessDeniedPath = SignInEndpoints.OwnPage;
            cookie.ReturnUrlParameter = SignInEndpoints.ReturnParameter;
            var usual = new CookieAuthenticationEvents();
            cookie.Events = new CookieAuthenticationEvents
            {
                OnRedirectToLogin = context => usual.OnRedirectToLogin(WithoutHost(context)),
                OnRedirectToAccessDenied = context => usual.OnRedirectToAccessDenied(WithoutHost(context)),
                OnValidatePrincipal = ValidateAsync,
                // The sign-in page decides itself where it leads: the address here is not checked, and may be one that no header can hold.
                OnRedirectToReturnUrl = static _ => Task.CompletedTask,
            };
        });
        services.AddAuthorization(authorization =>
        {
            authorization.DefaultPolicy = PolicyOf(AdminRole.Caller);
            foreach (var role in Enum.GetValues<AdminRole>().Where(role => role > AdminRole.Anyone))
                authorization.AddPolicy(AdminRoles.NameOf(role), PolicyOf(role));
        });
    }

    private static AuthorizationPolicy PolicyOf(AdminRole role) =>
        new AuthorizationPolicyBuilder().RequireAuthenticatedUser().AddRequirements(new RoleRequirement(role)).Build();

    // Behind a proxy that terminates TLS the scheme of the request is not the browser's, and an address with it would lead to http.
    private static RedirectContext<CookieAuthenticationOptions> WithoutHost(RedirectContext<CookieAuthenticationOptions> context)
    {
        // Cut off rather than parsed: a request of HTTP/1.0 may name no host, and an address without one is not valid.
        var origin = $"{context.Request.Scheme}{Uri.SchemeDelimiter}{context.Request.Host}";
        if (context.RedirectUri.StartsWith(origin, StringComparison.Ordinal))
            context.RedirectUri = context.RedirectUri[origin.Length..];
        return context;
    }

    private static Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var services = context.HttpContext.RequestServices;
        var user = SessionTicket.Read(
            context.Principal!, services.GetRequiredService<SwitchyardEngine>().Snapshot,
            services.GetRequiredService<TimeProvider>().GetUtcNow());
        if (user.Role == AdminRole.Anyone || services.GetRequiredService<EndedSessions>().Contains(context.Principal!))
            context.RejectPrincipal();
        return Task.CompletedTask;
    }

    private sealed record RoleRequirement(AdminRole Role) : IAuthorizationRequirement;

    private sealed class RoleHandler(SwitchyardEngine engine, EndedSessions ended, TimeProvider time)
        : AuthorizationHandler<RoleRequirement>
    {
        protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, RoleRequirement requirement)
        {
            if (!ended.Contains(context.User)
                && SessionTicket.Read(context.User, engine.Snapshot, time.GetUtcNow()).Role >= requirement.Role)
                context.Succeed(requirement);
            return Task.CompletedTask;
        }
    }
}
