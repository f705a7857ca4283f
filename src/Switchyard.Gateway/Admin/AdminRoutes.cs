using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Switchyard.Gateway.Admin;

/// <summary>Adds paths below <c>/admin</c>, each with the role it needs and its description.</summary>
internal sealed class AdminRoutes(IEndpointRouteBuilder endpoints, AdminGate gate)
{
    private readonly List<AdminRoute> _all = [];

    /// <summary>The routes so far.</summary>
    public IReadOnlyList<AdminRoute> All => _all;

    /// <summary>Answers GET and HEAD.</summary>
    public void Get(string pattern, AdminOperation operation, Func<AdminCall, Task> answer) =>
        Map(new(HttpMethods.Get, pattern, operation), answer, HttpMethods.Head);

    /// <summary>Answers POST.</summary>
    public void Post(string pattern, AdminOperation operation, Func<AdminCall, Task> answer) =>
        Map(new(HttpMethods.Post, pattern, operation), answer);

    /// <summary>Answers PUT.</summary>
    public void Put(string pattern, AdminOperation operation, Func<AdminCall, Task> answer) =>
        Map(new(HttpMethods.Put, pattern, operation), answer);

    /// <summary>Answers PATCH.</summary>
    public void Patch(string pattern, AdminOperation operation, Func<AdminCall, Task> answer) =>
        Map(new(HttpMethods.Patch, pattern, operation), answer);

    /// <summary>Answers DELETE.</summary>
    public void Delete(string pattern, AdminOperation operation, Func<AdminCall, Task> answer) =>
        Map(new(HttpMethods.Delete, pattern, operation), answer);

    private void Map(AdminRoute route, Func<AdminCall, Task> answer, params string[] also)
    {
        _all.Add(route);
        endpoints.MapMethods(route.Pattern, [route.Method, .. also], http => gate.AnswerAsync(http, route, answer)).WithMetadata(route);
    }
}
