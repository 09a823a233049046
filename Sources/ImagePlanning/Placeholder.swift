enum ImagePlanningPlaceholder {}
