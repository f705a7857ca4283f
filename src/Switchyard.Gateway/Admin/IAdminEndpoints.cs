namespace Switchyard.Gateway.Admin;

/// <summary>The admin paths of one feature. Register it with <c>TryAddEnumerable</c>; README.md shows how.</summary>
internal interface IAdminEndpoints
{
    /// <summary>Adds the paths.</summary>
    void Map(AdminRoutes routes);
}
