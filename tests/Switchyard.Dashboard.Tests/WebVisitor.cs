using System.Text.RegularExpressions;
using Switchyard.TestKit;

namespace Switchyard.Dashboard.Tests;

/// <summary>A client that reads pages without a browser: the server's answers and their latency.</summary>
internal static partial class WebVisitor
{
    /// <summary>A client with separate cookies that follows no redirects.</summary>
    public static HttpClient Open(GatewayHost gateway) =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, CookieContainer = new() })
        {
            BaseAddress = gateway.Address,
        };

    /// <summary>Sends the form to sign in.</summary>
    public static async Task<HttpResponseMessage> SignInAsync(HttpClient client, string key, string query = "")
    {
        var page = await client.GetStringAsync("/dashboard/sign-in");
        using var form = new FormUrlEncodedContent([new("key", key), new("__RequestVerificationToken", TokenOf(page))]);
        return await client.PostAsync("/dashboard/sign-in" + query, form);
    }

    /// <summary>The antiforgery token in a page's form.</summary>
    public static string TokenOf(string page) => FormToken().Match(page).Groups["token"].Value;

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<token>[^\"]+)\"")]
    private static partial Regex FormToken();
}
